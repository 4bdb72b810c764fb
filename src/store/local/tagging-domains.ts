/** Which domains' servers say how important a publish is, in the connector's own file. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { gathering, openDatedNames } from "./dated-names.ts";
import { taggingDomains } from "./schema.ts";

/** Times are ms since the epoch. */
export interface TaggingDomains {
	/** Those that tagged between two times, the latest first. */
	load(from: number, to: number, limit: number): Promise<{ domain: string; taggedAt: number }[]>;
	save(domain: string, taggedAt: number): Promise<void>;
	forget(domain: string): Promise<void>;
	/** Removes those that did not tag between two times. */
	keep(from: number, to: number): Promise<void>;
}

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export function openTaggingDomains(db: LibSQLDatabase, pause = gathering): TaggingDomains {
	const { load, save, forget, keep } = openDatedNames(db, taggingDomains, pause);
	return {
		load: async (...range) => (await load(...range)).map(({ name, at }) => ({ domain: name, taggedAt: at })),
		save,
		forget,
		keep,
	};
}
