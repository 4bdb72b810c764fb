/** Looks registrations up by their nodes: all that are asked for in one turn of the loop with one statement. */
import { sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../types.ts";
import { asJsonArray, rowOf, toJson } from "./as-json.ts";
import { toRegistration } from "./rows.ts";
import { registrations } from "./schema.ts";

/** The longest list of one statement: on a file it is done at once, and nothing else is in the meantime. */
const MOST = 200;

interface Waiting {
	node: string;
	resolve(found: Registration | undefined): void;
	reject(error: unknown): void;
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
			const found: unknown[][] = JSON.parse(answer?.rows ?? "[]");
			const rows = new Map(found.map(toRow).map((row) => [row.node, row]));
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
