/** Which endpoints that were relayed to are gone, by a hash, in the connector's own file. */
import { between, desc, gt, lt, or, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createGroupCommit } from "../group-commit.ts";
import { goneEndpoints } from "./schema.ts";

/** Times are ms since the epoch. */
export interface GoneEndpoints {
	/** Those that were said to be gone between two times, the latest first. */
	load(from: number, to: number, limit: number): Promise<{ hash: string; goneAt: number }[]>;
	save(hash: string, goneAt: number): Promise<void>;
	/** Removes those that were not between two times, and the oldest beyond so many. */
	keep(from: number, to: number, most: number): Promise<void>;
}

/** How long changes gather before they are written, ms. */
const GATHER_MS = 100;

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export function openGoneEndpoints(
	db: LibSQLDatabase,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
): GoneEndpoints {
	const { hash: name, goneAt: at } = goneEndpoints;
	const write = createGroupCommit<BatchItem<"sqlite">>(async ([one, ...more]) => {
		if (one) await db.batch([one, ...more]);
	}, pause);

	return {
		load: (from, to, limit) =>
			db
				.select()
				.from(goneEndpoints)
				.where(between(at, from, to))
				.orderBy(desc(at))
				.limit(limit),
		save: (hash, goneAt) =>
			write([
				db
					.insert(goneEndpoints)
					.values({ hash, goneAt })
					.onConflictDoUpdate({ target: name, set: { goneAt } }),
			]),
		keep(from, to, most) {
			// By the time of the last one that stays, and not by the names of all of them: that took 0.2 s with 100,000.
			const last = db
				.select({ at })
				.from(goneEndpoints)
				.orderBy(desc(at))
				.limit(1)
				.offset(most - 1);
			return write([
				db.delete(goneEndpoints).where(or(lt(at, from), gt(at, to))),
				db.delete(goneEndpoints).where(lt(at, sql`(${last})`)),
			]);
		},
	};
}
