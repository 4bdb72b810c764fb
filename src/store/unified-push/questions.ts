/** What is asked of the pushes that wait for UnifiedPush devices. */
import { and, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { unifiedPushMessages as messages, registrations } from "../schema.ts";

const LEAST = unifiedPushBounds.waitingLeast.is;

/** Bytes that wait. */
export interface Usage {
	all: number;
	/** By party. */
	parties: Map<string, number>;
}

export interface Questions {
	/**
	 * The registrations of a device for which something waits: that nobody has a lease on, and that somebody has.
	 * @param jid its full JID
	 */
	waitingFor(app: string, jid: string): Promise<{ free: string[]; claimed: string[] }>;
	/** The registration that a push is for, if it is this device's. */
	nodeOf(id: number, app: string, jid: string): Promise<string | undefined>;
	/** Which of these are there, and of those which this one has claimed, and nobody hastened. */
	stillClaimed(ids: readonly number[], claimant: string): Promise<ReadonlyMap<number, boolean>>;
	/** A small body counts as `waitingLeast`. */
	usage(): Promise<Usage>;
	/** How many wait. */
	count(): Promise<number>;
}

export function createQuestions(db: LibSQLDatabase, now: () => SQL<number>): Questions {
	return {
		async waitingFor(app, jid) {
			const isClaimed = sql<number>`max(${messages.claimedUntil} > ${now()})`;
			const isFree = sql<number>`min(${messages.claimedUntil}) <= ${now()}`;
			// All such registrations are of one app: by its index each presence would read them all.
			const isOfApp = sql`+${registrations.app} = ${app}`;
			const rows = await db
				.select({ node: messages.node, isClaimed, isFree })
				.from(registrations)
				.innerJoin(messages, eq(messages.node, registrations.node))
				.where(and(eq(registrations.token, jid), isOfApp, gt(messages.expiresAt, now())))
				.groupBy(messages.node);
			return {
				free: rows.filter((row) => row.isFree).map(({ node }) => node),
				claimed: rows.filter((row) => row.isClaimed).map(({ node }) => node),
			};
		},

		async nodeOf(id, app, jid) {
			const [row] = await db
				.select({ node: messages.node })
				.from(messages)
				.innerJoin(registrations, eq(registrations.node, messages.node))
				.where(and(eq(messages.id, id), eq(registrations.token, jid), eq(registrations.app, app)));
			return row?.node;
		},

		async stillClaimed(ids, claimant) {
			const rows = await db
				.select({ id: messages.id, claimedBy: messages.claimedBy, tries: messages.tries })
				.from(messages)
				.where(inArray(messages.id, [...ids]));
			return new Map(rows.map(({ id, claimedBy, tries }) => [id, claimedBy === claimant && tries >= 0]));
		},

		async usage() {
			const rows = await db
				.select({ party: messages.party, bytes: sql<number>`sum(max(${messages.bytes}, ${LEAST}))` })
				.from(messages)
				.groupBy(messages.party);
			const parties = new Map(rows.map(({ party, bytes }) => [party, bytes]));
			return { all: rows.reduce((sum, { bytes }) => sum + bytes, 0), parties };
		},

		async count() {
			const row = await db.select({ count: sql<number>`count(*)` }).from(messages).get();
			return row?.count ?? 0;
		},
	};
}
