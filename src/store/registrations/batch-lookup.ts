/** Looks registrations up by their nodes: all that are asked for in one turn of the loop with one statement. */
import { sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { OddAnswer } from "../database-fault.ts";
import { asJsonArray, parsed, rowOf, toJson } from "../json-rows.ts";
import { registrations } from "../schema.ts";
import { toRegistration } from "./row.ts";

/** The longest list of one statement: on a file it is done at once, and nothing else is in the meantime. */
const MOST = 200;

interface Waiting {
	node: string;
	resolve(found: Registration | undefined): void;
	reject(error: unknown): void;
}

/**
 * A user's server forgets who is said to be unknown, so nobody is because an answer was spoiled.
 * @throws {OddAnswer} unless it is a list: one is said even where there are no rows
 */
function listIn(answer: unknown): unknown[] {
	const list = parsed(answer);
	if (!Array.isArray(list)) throw new OddAnswer();
	return list;
}

/** @throws {OddAnswer} where there is a row that nobody asked for, in place of one perhaps that somebody did */
function requireAsked(rows: ReadonlyMap<string, unknown>, asked: readonly Waiting[]): void {
	const nodes = new Set(asked.map(({ node }) => node));
	for (const node of rows.keys()) if (!nodes.has(node)) throw new OddAnswer();
}

/**
 * A server's publishes come many at once, and a statement costs more than the row that it looks up: preparing it,
 * asking for the names and types of its columns, and with a database elsewhere a round trip. Nothing is remembered.
 * @param turn how long look-ups gather; undefined: each is made by itself, since at an edge no request may wait for
 *   what another one began
 * @returns the registration of a node; undefined: there is none
 */
export function createFinder(
	database: LibSQLDatabase,
	turn: (() => Promise<void>) | undefined,
): (node: string) => Promise<Registration | undefined> {
	// One value with all rows: the driver asks anew for the name and type of each column of each row.
	const query = database
		.select({ rows: sql<string>`json_group_array(${asJsonArray(registrations)})` })
		.from(registrations)
		.where(sql`${registrations.node} IN (SELECT value FROM json_each(${sql.placeholder("nodes")}))`)
		.prepare();
	const toRow = rowOf(registrations);
	let waiting: Waiting[] = [];

	async function ask(asked: readonly Waiting[]) {
		try {
			const answer = await query.get({ nodes: toJson(asked.map(({ node }) => node)) });
			const rows = new Map(
				listIn(answer?.rows)
					.map(toRow)
					.map((row) => [row.node, row]),
			);
			const isMissing = asked.some(({ node }) => !rows.has(node));
			if (isMissing) requireAsked(rows, asked);
			for (const { node, resolve } of asked) {
				const row = rows.get(node);
				resolve(row && toRegistration(row));
			}
		} catch (error) {
			for (const { reject } of asked) reject(error);
		}
	}

	function askAll() {
		const asked = waiting;
		waiting = [];
		for (let at = 0; at < asked.length; at += MOST) void ask(asked.slice(at, at + MOST));
	}

	return (node) =>
		new Promise((resolve, reject) => {
			const asked = { node, resolve, reject };
			if (!turn) void ask([asked]);
			else if (waiting.push(asked) === 1) void turn().then(askAll);
		});
}
