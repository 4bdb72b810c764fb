/** Which domains' servers say how important a publish is, in the connector's own file. */
import { desc, eq, gte, lt } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { taggingDomains } from "./outbox-schema.ts";

export interface TaggingDomains {
	/**
	 * Those that tagged since a time, the latest first; the others are removed.
	 * @param since ms since the epoch
	 */
	load(since: number, limit: number): Promise<{ domain: string; taggedAt: number }[]>;
	save(domain: string, taggedAt: number): Promise<void>;
	forget(domain: string): Promise<void>;
	/** Removes those that did not tag since a time, ms since the epoch. */
	forgetBefore(since: number): Promise<void>;
}

/** @param db the connector's own file, migrated */
export function openTaggingDomains(db: LibSQLDatabase): TaggingDomains {
	async function forgetBefore(since: number) {
		await db.delete(taggingDomains).where(lt(taggingDomains.taggedAt, since));
	}

	return {
		async load(since, limit) {
			await forgetBefore(since);
			return db
				.select()
				.from(taggingDomains)
				.where(gte(taggingDomains.taggedAt, since))
				.orderBy(desc(taggingDomains.taggedAt))
				.limit(limit);
		},
		async save(domain, taggedAt) {
			await db
				.insert(taggingDomains)
				.values({ domain, taggedAt })
				.onConflictDoUpdate({ target: taggingDomains.domain, set: { taggedAt } });
		},
		async forget(domain) {
			await db.delete(taggingDomains).where(eq(taggingDomains.domain, domain));
		},
		forgetBefore,
	};
}
