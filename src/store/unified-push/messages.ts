/**
 * UnifiedPush: what apps' servers sent and no device has answered for yet. A sender is told 201 once its push is here.
 *
 * A connector claims rows by lease: what it has not removed when the lease ends, another may claim.
 */
import { eq, inArray, lte, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { DATABASE_NOW } from "../database-clock.ts";
import { createGroupCommit } from "../group-commit.ts";
import { unifiedPushMessages as messages } from "../schema.ts";
import { createKeep, type NewMessage, type Put, TOGETHER } from "./keep.ts";
import { createLeases, type Leases } from "./leases.ts";
import { createQuestions, type Questions } from "./questions.ts";

export type { KeptMessage, NewMessage } from "./keep.ts";
export type { Usage } from "./questions.ts";

export interface UnifiedPushMessages extends Leases, Questions {
	/**
	 * Keeps a push, in place of one with its topic. Of too many for one registration the oldest go. Those that come within
	 * a moment are written together.
	 * @returns once it is committed
	 */
	put(message: NewMessage): Promise<Put>;
	/** They were answered for. Those that come within a moment are removed together. */
	remove(ids: readonly number[]): Promise<void>;
	/** All of a registration, which ended. */
	removeOf(node: string): Promise<void>;
	/** A registration has another node. */
	moved(from: string, to: string): Promise<void>;
	/** Removes what expired. */
	sweep(): Promise<void>;
}

/**
 * @param db the primary
 * @param options.pause how long pushes gather that are written together; missing: each is written by itself
 * @param options.gather the same for those that are removed, for which nobody waits
 * @param options.clock in place of the database's own
 */
export function createUnifiedPushMessages(
	db: LibSQLDatabase,
	{
		pause,
		gather = pause,
		clock,
		leaseMs = 120_000,
	}: {
		pause?: () => Promise<void>;
		gather?: (() => Promise<void>) | undefined;
		clock?: () => number;
		leaseMs?: number;
	} = {},
): UnifiedPushMessages {
	const now = (): SQL<number> => (clock ? sql<number>`${clock()}` : DATABASE_NOW);

	async function remove(ids: readonly number[]): Promise<void> {
		for (let from = 0; from < ids.length; from += TOGETHER)
			await db.delete(messages).where(inArray(messages.id, ids.slice(from, from + TOGETHER)));
	}

	return {
		put: createKeep({ db, now, leaseMs, pause }),
		remove: gather ? createGroupCommit(remove, gather) : remove,
		...createLeases(db, now, leaseMs),
		...createQuestions(db, now),
		async removeOf(node) {
			await db.delete(messages).where(eq(messages.node, node));
		},

		async moved(from, to) {
			await db.update(messages).set({ node: to }).where(eq(messages.node, from));
		},

		async sweep() {
			await db.delete(messages).where(lte(messages.expiresAt, now()));
		},
	};
}
