/** Which domains' servers say how important a publish is, in the connector's own file. */
import { between, desc, eq, gt, lt, or } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createGroupCommit } from "../group-commit.ts";
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

/** How long changes gather before they are written, ms: strangers may have thousands of names. */
const GATHER_MS = 100;

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export function openTaggingDomains(
	db: LibSQLDatabase,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
): TaggingDomains {
	const { domain: name, taggedAt: at } = taggingDomains;
	const write = createGroupCommit<BatchItem<"sqlite">>(async ([one, ...more]) => {
		if (one) await db.batch([one, ...more]);
	}, pause);

	return {
		load: (from, to, limit) =>
			db
				.select()
				.from(taggingDomains)
				.where(between(at, from, to))
				.orderBy(desc(at))
				.limit(limit),
		save: (domain, taggedAt) =>
			write([
				db
					.insert(taggingDomains)
					.values({ domain, taggedAt })
					.onConflictDoUpdate({ target: name, set: { taggedAt } }),
			]),
		forget: (domain) => write([db.delete(taggingDomains).where(eq(name, domain))]),
		keep: (from, to) => write([db.delete(taggingDomains).where(or(lt(at, from), gt(at, to)))]),
	};
}
