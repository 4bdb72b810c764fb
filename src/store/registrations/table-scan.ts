/** Goes through all registrations without holding up anything else. */
import { type Placeholder, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";

/** The rows of a slice. */
export const isBetween = ({ from, to }: Record<"from" | "to", number | Placeholder>): SQL =>
	sql`${registrations}."rowid" BETWEEN ${from} AND ${to}`;

/** How fast it goes. */
export interface Pace {
	/** Rows of one statement. */
	rows: number;
	/** Between two statements. @param tookMs how long the last one took */
	pause(tookMs: number): Promise<void>;
}

/** A server answers beside us: few questions are better than short ones. */
const OF_A_SERVER: Pace = { rows: 2_500, pause: () => new Promise((resolve) => setTimeout(resolve)) };

/**
 * A million rows at once would stop every push for half a second; a remote database would send one long answer.
 * @param use is called for each slice in turn, with the numbers of its first and its last row, for `isBetween`. Rows
 *   that are written meanwhile may be among them or not
 * @param pace missing: that of a database over the network
 * @returns how long the statements took together, ms
 */
export async function eachSlice(
	db: LibSQLDatabase,
	use: (range: { from: number; to: number }) => Promise<void>,
	{ rows, pause }: Pace = OF_A_SERVER,
): Promise<number> {
	const [ends] = await db
		.select({ first: sql<number | null>`min("rowid")`, last: sql<number | null>`max("rowid")` })
		.from(registrations);
	const { first, last } = ends ?? {};
	if (first == null || last == null) return 0;
	let allMs = 0;
	for (let from = first; from <= last; from += rows) {
		const begun = performance.now();
		await use({ from, to: from + rows - 1 });
		const tookMs = performance.now() - begun;
		allMs += tookMs;
		await pause(tookMs);
	}
	return allMs;
}
