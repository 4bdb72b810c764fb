/** Counts all registrations without holding up anything else. */
import { and, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";
import { eachSlice } from "./table-scan.ts";

/**
 * Counts registrations by something about them.
 * @param where which ones; all, if not given
 */
export async function countBy(
	db: LibSQLDatabase,
	group: SQL<string>,
	where?: SQL,
): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	await eachSlice(db, async (slice) => {
		const found = await db
			.select({ group, count: sql<number>`count(*)` })
			.from(registrations)
			.where(and(slice, where))
			.groupBy(group);
		for (const { group, count } of found) counts.set(group, (counts.get(group) ?? 0) + count);
	});
	return counts;
}
