/** Names with when each was seen last, in a table of the connector's own file. Changes of one moment are written together. */
import { between, desc, eq, gt, lt, or, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createGroupCommit } from "../group-commit.ts";
import type { goneEndpoints, taggingDomains } from "./schema.ts";

/** Times are ms since the epoch. */
export interface DatedNames {
	/** Those between two times, the latest first. */
	load(from: number, to: number, limit: number): Promise<{ name: string; at: number }[]>;
	save(name: string, at: number): Promise<void>;
	forget(name: string): Promise<void>;
	/** Removes those that are not between two times, and the oldest beyond so many; missing: any number may stay. */
	keep(from: number, to: number, most?: number): Promise<void>;
}

/** How long changes gather before they are written, ms: strangers may have thousands of names. */
const GATHER_MS = 100;

/** Resolves when what gathers until then is to be written. */
export const gathering = () => new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS));

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export function openDatedNames(
	db: LibSQLDatabase,
	table: typeof goneEndpoints | typeof taggingDomains,
	pause: () => Promise<void>,
): DatedNames {
	const { name: key, at: time } = table;
	const write = createGroupCommit<BatchItem<"sqlite">>(async ([one, ...more]) => {
		if (one) await db.batch([one, ...more]);
	}, pause);

	/** By the time of the last one that stays, and not by the names of all of them: that took 0.2 s with 100,000. */
	function beyond(most: number) {
		const last = db
			.select({ at: time })
			.from(table)
			.orderBy(desc(time))
			.limit(1)
			.offset(most - 1);
		return db.delete(table).where(lt(time, sql`(${last})`));
	}

	return {
		load: (from, to, limit) =>
			db
				.select({ name: key, at: time })
				.from(table)
				.where(between(time, from, to))
				.orderBy(desc(time))
				.limit(limit),
		save: (name, at) =>
			write([db.insert(table).values({ name, at }).onConflictDoUpdate({ target: key, set: { at } })]),
		forget: (name) => write([db.delete(table).where(eq(key, name))]),
		keep: (from, to, most) =>
			write([
				db.delete(table).where(or(lt(time, from), gt(time, to))),
				...(most === undefined ? [] : [beyond(most)]),
			]),
	};
}
