/** What came of pushes, as the shared database keeps it: written in batches, not per push. */
import { sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { toJson } from "../json-rows.ts";
import { registrations, statistics } from "../schema.ts";

/** What happened to one registration since the last flush. */
export interface Result {
	node: string;
	at: number;
	/** The token that was sent to: the result is not noted of another one. Missing: it is noted whatever the token is. */
	token?: string;
	/** Missing: the push was delivered. */
	error?: string;
}

/** How often one app had one outcome since the last flush. */
export interface Count {
	app: string;
	outcome: string;
	count: number;
}

const DAY_MS = 86_400_000;

/** Rows of one statement. A statement on a file blocks the event loop until it is done: some milliseconds. */
const TOGETHER = 250;

/** Our own reasons are short; this cuts those that a provider sent. */
const LONGEST_ERROR = registrationBounds.lastError.is;

/** Writes results, then the counts. @param now ms: its day is that of the counts */
export async function recordResults(
	primary: LibSQLDatabase,
	results: readonly Result[],
	counts: readonly Count[],
	now: number,
): Promise<void> {
	const day = Math.floor(now / DAY_MS);
	for (let at = 0; at < results.length; at += TOGETHER) {
		await writeResults(primary, results.slice(at, at + TOGETHER));
		// Timers and sockets have their turn between two statements.
		await new Promise((resolve) => setTimeout(resolve));
	}
	const [first, ...rest] = counts.map(({ app, outcome, count }) =>
		primary
			.insert(statistics)
			.values({ day, app, outcome, count })
			.onConflictDoUpdate({
				target: [statistics.day, statistics.app, statistics.outcome],
				set: { count: sql`${statistics.count} + ${count}` },
			}),
	);
	if (first) await primary.batch([first, ...rest]);
}

/** The latest good and the latest bad result of one token, as the statement reads them. */
interface Told {
	node: string;
	token?: string;
	success?: number;
	failure?: number;
	error?: string;
}

/** One statement for all: it is prepared once, and over the network it is one round trip. */
async function writeResults(primary: LibSQLDatabase, results: readonly Result[]): Promise<void> {
	// One token may have a good and a bad result, and a statement updates a row once: both go into one entry.
	const told = new Map<string, Told>();
	for (const { node, at, error, token } of results) {
		const name = `${node} ${token}`;
		const news =
			error === undefined ? { success: at } : { failure: at, error: error.slice(0, LONGEST_ERROR) };
		told.set(name, { node, ...(token !== undefined && { token }), ...told.get(name), ...news });
	}
	const { lastSuccessAt, lastErrorAt, lastError } = registrations;
	const set = (column: SQLiteColumn, name: string) =>
		sql`${sql.identifier(column.name)} = coalesce(told.value ->> ${sql.raw(`'${name}'`)}, ${column})`;
	await primary.run(sql`
		UPDATE ${registrations}
		SET ${set(lastSuccessAt, "success")}, ${set(lastErrorAt, "failure")}, ${set(lastError, "error")}
		FROM json_each(${toJson([...told.values()])}) AS told
		WHERE ${registrations.node} = told.value ->> 'node'
			AND ${registrations.token} = coalesce(told.value ->> 'token', ${registrations.token})`);
}
