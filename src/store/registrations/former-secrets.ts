/** The secrets that imported registrations came with, as hashes: each until the derived one is first used. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { FormerSecrets } from "../../secrets.ts";
import type { IdCheck } from "../database-id.ts";
import { formerSecrets } from "../schema.ts";

/** How long it is believed that there are some, ms: most app servers were not moved to, or long ago. */
const SOME_MS = 60_000;
/**
 * How long it is believed that there are none, ms. An import may just have begun, and a user's server that hears that
 * its node is unknown may delete its registration: only a flood of wrong secrets is to be kept from the database.
 */
const NONE_MS = 1_000;

/**
 * @param primary the database whose word counts: a replica may not have what was just imported
 * @param options.replica read first, so that those who have one are known while the primary is away; what it still
 *   has after its end is taken until it learns of that
 * @param options.check throws where this is not the database that it was: its lacking a secret means nothing
 */
export function createFormerSecrets(
	primary: LibSQLDatabase,
	{
		replica,
		check,
		now = Date.now,
	}: { replica?: LibSQLDatabase | undefined; check?: IdCheck; now?: () => number } = {},
): FormerSecrets {
	let known: { isEmpty: boolean; at: number; forMs: number } | undefined;

	async function isEmpty(): Promise<boolean> {
		// Nor from the future: a clock that was set back would have it believed for as long.
		if (known === undefined || !isWithin(now() - known.at, known.forMs)) {
			const some = await primary.select({ node: formerSecrets.node }).from(formerSecrets).limit(1);
			const none = some.length === 0;
			if (none) await check?.();
			known = { isEmpty: none, at: now(), forMs: none ? NONE_MS : SOME_MS };
		}
		return known.isEmpty;
	}

	async function hashIn(database: LibSQLDatabase, node: string): Promise<string | undefined> {
		const row = await database.select().from(formerSecrets).where(eq(formerSecrets.node, node)).get();
		return row?.hash;
	}

	async function hashAtPrimary(node: string): Promise<string | undefined> {
		if (await isEmpty()) return undefined;
		const hash = await hashIn(primary, node);
		if (hash === undefined) await check?.();
		return hash;
	}

	/** What is nearby: where there is no replica, or one that cannot be read, that is the primary. */
	const hashNearby = (node: string) =>
		replica ? hashIn(replica, node).catch(() => hashAtPrimary(node)) : hashAtPrimary(node);

	return {
		hashOf: async (node) => (await hashNearby(node)) ?? (replica && hashAtPrimary(node)),
		async retire(node) {
			// Read first: every publish comes by here, and a write is for the one that finds something. What the replica
			// does not have yet is found at a later use.
			if ((await hashNearby(node)) === undefined) return;
			await primary.delete(formerSecrets).where(eq(formerSecrets.node, node));
		},
	};
}

const isWithin = (ageMs: number, forMs: number) => ageMs >= 0 && ageMs < forMs;
