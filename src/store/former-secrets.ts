/** The secrets that imported registrations came with, as hashes: each until the derived one is first used. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { FormerSecrets } from "../secrets.ts";
import { formerSecrets } from "./schema.ts";

/** How long it is believed that there are some, ms: most app servers were not moved to, or long ago. */
const SOME_MS = 60_000;
/**
 * How long it is believed that there are none, ms. An import may just have begun, and a user's server that hears that
 * its node is unknown may delete its registration: only a flood of wrong secrets is to be kept from the database.
 */
const NONE_MS = 1_000;

/** @param primary the database whose word counts: a replica may not have what was just imported */
export function createFormerSecrets(primary: LibSQLDatabase, now: () => number = Date.now): FormerSecrets {
	let known: { isEmpty: boolean; until: number } | undefined;

	async function isEmpty(): Promise<boolean> {
		if (known === undefined || now() >= known.until) {
			const some = await primary.select({ node: formerSecrets.node }).from(formerSecrets).limit(1);
			const none = some.length === 0;
			known = { isEmpty: none, until: now() + (none ? NONE_MS : SOME_MS) };
		}
		return known.isEmpty;
	}

	async function hashOf(node: string): Promise<string | undefined> {
		if (await isEmpty()) return undefined;
		const row = await primary.select().from(formerSecrets).where(eq(formerSecrets.node, node)).get();
		return row?.hash;
	}

	return {
		hashOf,
		async retire(node) {
			// Read first: every publish comes by here, and a write is for the one that finds something.
			if ((await hashOf(node)) === undefined) return;
			await primary.delete(formerSecrets).where(eq(formerSecrets.node, node));
		},
	};
}
