/** The secrets that imported registrations came with, as hashes: each until the derived one is first used. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { FormerSecrets } from "../../secrets.ts";
import type { IdCheck } from "../database-id.ts";
import { formerSecrets } from "../schema.ts";

/** How long the answer that there are some is cached, ms. */
const SOME_MS = 60_000;
/**
 * How long the answer that there are none is cached, ms. It only keeps a flood of wrong secrets from the database. It is
 * short because an import may have begun: a user's server that is answered "unknown node" may delete its registration.
 */
const NONE_MS = 1_000;

/**
 * @param primary the database whose word counts: a replica may not have what was just imported
 * @param options.replica read first, so that former secrets work while the primary is away. One that has ended works
 *   until the replica has caught up
 * @param options.check throws where the database is another one than at the start: that it has no secret means nothing
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
		// An answer from the future is not used: after the clock was set back it would be cached for too long.
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

	/** Reads at the replica; where there is none, or it fails, at the primary. */
	const hashNearby = (node: string) =>
		replica ? hashIn(replica, node).catch(() => hashAtPrimary(node)) : hashAtPrimary(node);

	return {
		hashOf: async (node) => (await hashNearby(node)) ?? (replica && hashAtPrimary(node)),
		async retire(node) {
			// Each publish comes through here: it reads first, and writes only where there is something to delete. What the
			// replica does not have yet is deleted at a later publish.
			if ((await hashNearby(node)) === undefined) return;
			await primary.delete(formerSecrets).where(eq(formerSecrets.node, node));
		},
	};
}

const isWithin = (ageMs: number, forMs: number) => ageMs >= 0 && ageMs < forMs;
