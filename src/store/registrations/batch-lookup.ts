/** Looks registrations up by their nodes: one statement for all that are asked for in one turn of the event loop. */
import { sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { OddAnswer } from "../database-fault.ts";
import { asJsonArray, parsed, rowOf, toJson } from "../json-rows.ts";
import { registrations } from "../schema.ts";
import { type Row, toRegistration } from "./row.ts";

/** Nodes of one statement. A statement on a file blocks the event loop until it is done. */
const MOST = 200;

interface Waiting {
	node: string;
	resolve(found: Registration | undefined): void;
	reject(error: unknown): void;
}

/**
 * The rows of an answer. A spoiled answer must not look like an unknown registration: the user's server would delete it.
 * @throws {OddAnswer} unless it is a list. Where no row matches, the database answers with an empty list
 */
function listIn(answer: unknown): unknown[] {
	const list = parsed(answer);
	if (!Array.isArray(list)) throw new OddAnswer();
	return list;
}

/** @throws {OddAnswer} where a row was not asked for: it may stand in place of one that was */
function requireAsked(rows: ReadonlyMap<string, unknown>, asked: readonly Waiting[]): void {
	const nodes = new Set(asked.map(({ node }) => node));
	for (const node of rows.keys()) if (!nodes.has(node)) throw new OddAnswer();
}

/** How look-ups are made. */
export interface LookupEffects {
	/**
	 * How long look-ups gather that are made together; missing: each is made by itself, since at an edge no request may
	 * wait for what another one began.
	 */
	turn?: (() => Promise<void>) | undefined;
	/**
	 * Has a query of one parameter stay prepared, and returns what asks it for the one value of its row; that returns
	 * undefined where the database is to be asked. Missing: it always is.
	 */
	keep?: ((query: string) => (parameter: string) => unknown) | undefined;
}

/**
 * A server's publishes come many at once, and a statement costs more than the row that it looks up: it is prepared, the
 * driver asks for the names and types of its columns, and a remote database takes a round trip. Nothing is cached.
 * @returns looks a node up; undefined: it has no registration
 */
export function createBatchLookup(
	database: LibSQLDatabase,
	{ turn, keep }: LookupEffects,
): (node: string) => Promise<Registration | undefined> {
	// One value with all rows: the driver asks anew for the name and type of each column of each row.
	const query = database
		.select({ rows: sql<string>`json_group_array(${asJsonArray(registrations)})` })
		.from(registrations)
		.where(sql`${registrations.node} IN (SELECT value FROM json_each(${sql.placeholder("nodes")}))`)
		.prepare();
	const kept = keep?.(query.getQuery().sql);
	const toRow = rowOf(registrations);
	let waiting: Waiting[] = [];

	async function ask(asked: readonly Waiting[]) {
		try {
			const nodes = toJson(asked.map(({ node }) => node));
			const answer = kept?.(nodes) ?? (await query.get({ nodes }))?.rows;
			const rows = new Map<string, Row>();
			for (const values of listIn(answer)) {
				const row = toRow(values);
				rows.set(row.node, row);
			}
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
