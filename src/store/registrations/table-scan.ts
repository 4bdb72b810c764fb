/** Goes through all registrations without holding up anything else. */
import { type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";

/** Rows of one statement. A statement on a file blocks the event loop until it is done: a millisecond or two. */
const SLICE = 2_500;

/**
 * A million rows at once would stop every push for half a second; a remote database would send one long answer.
 * @param use is called for each slice in turn, with the condition for its rows. Rows that are written meanwhile may be
 *   among them or not
 */
export async function eachSlice(db: LibSQLDatabase, use: (slice: SQL) => Promise<void>): Promise<void> {
	const [ends] = await db
		.select({ first: sql<number | null>`min("rowid")`, last: sql<number | null>`max("rowid")` })
		.from(registrations);
	const { first, last } = ends ?? {};
	if (first == null || last == null) return;
	for (let from = first; from <= last; from += SLICE) {
		await use(sql`${registrations}."rowid" BETWEEN ${from} AND ${from + SLICE - 1}`);
		await new Promise((resolve) => setTimeout(resolve));
	}
}
