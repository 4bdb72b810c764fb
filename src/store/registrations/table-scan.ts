/** Goes through all registrations without holding up anything else. */
import { type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";

/** Rows of one statement: on a file it is done at once, a millisecond or two, and nothing else is in the meantime. */
export const SLICE = 2_500;

/**
 * A million rows at once would stop every push for half a second, and over the network be one long answer.
 * @param use is called for slice after slice, with the condition for its rows. What is written meanwhile may be in it
 *   or not
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
