/** Which endpoints that were relayed to are gone, by a hash, in the connector's own file. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { gathering, openDatedNames } from "./dated-names.ts";
import { goneEndpoints } from "./schema.ts";

/** Times are ms since the epoch. */
export interface GoneEndpoints {
	/** Those that were said to be gone between two times, the latest first. */
	load(from: number, to: number, limit: number): Promise<{ hash: string; goneAt: number }[]>;
	save(hash: string, goneAt: number): Promise<void>;
	/** Removes those that were not between two times, and the oldest beyond so many. */
	keep(from: number, to: number, most: number): Promise<void>;
}

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export function openGoneEndpoints(db: LibSQLDatabase, pause = gathering): GoneEndpoints {
	const { load, save, keep } = openDatedNames(db, goneEndpoints, pause);
	return {
		load: async (...range) => (await load(...range)).map(({ name, at }) => ({ hash: name, goneAt: at })),
		save,
		keep,
	};
}
