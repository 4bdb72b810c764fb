/**
 * The hand-over table: pushes that an HTTP process or an edge took in, and that a connector sends.
 *
 * A connector claims rows by lease: what it has not removed when the lease ends, another may claim.
 */
import { and, asc, eq, gte, inArray, lt, lte, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Notification } from "../types.ts";
import { DATABASE_NOW } from "./database-clock.ts";
import { handover } from "./schema.ts";

export interface HandedOver {
	id: string;
	node: string;
	notification: Notification;
	/** When it was taken in, ms since the epoch. */
	createdAt: number;
}

export interface Handover {
	/** Hands a push over; it is dropped if nobody claims it before `expiresAt` (ms). */
	put(node: string, notification: Notification, expiresAt: number): Promise<void>;
	/** Takes the oldest rows that nobody has a lease on, in the order they were put. */
	claim(claimant: string, limit: number, leaseMs: number): Promise<HandedOver[]>;
	/** Keeps the leases on rows that this claimant still has, from now. */
	renew(claimant: string, ids: readonly string[], leaseMs: number): Promise<void>;
	/** The push was answered for: its row is not needed any more. */
	remove(id: string): Promise<void>;
	/** Removes what expired unclaimed. @returns how many */
	sweep(): Promise<number>;
}

/** @param clock in place of the database's and this process's own */
export function createHandover(db: LibSQLDatabase, clock?: () => number): Handover {
	const now = clock ?? Date.now;
	// A lease is worth what the clock that measures it is.
	const databaseNow = (): SQL<number> => (clock ? sql<number>`${clock()}` : DATABASE_NOW);
	const leaseOf = (leaseMs: number) => sql<number>`${databaseNow()} + ${leaseMs}`;

	return {
		async put(node, notification, expiresAt) {
			await db
				.insert(handover)
				.values({ id: crypto.randomUUID(), node, notification, createdAt: now(), expiresAt });
		},

		async claim(claimant, limit, leaseMs) {
			const unclaimed = db
				.select({ id: handover.id })
				.from(handover)
				.where(and(lte(handover.claimedUntil, databaseNow()), gte(handover.expiresAt, databaseNow())))
				.orderBy(asc(handover.createdAt), asc(sql`rowid`))
				.limit(limit);
			const rows = await db
				.update(handover)
				.set({ claimedBy: claimant, claimedUntil: leaseOf(leaseMs) })
				.where(and(inArray(handover.id, unclaimed), lte(handover.claimedUntil, databaseNow())))
				.returning({
					id: handover.id,
					node: handover.node,
					notification: handover.notification,
					createdAt: handover.createdAt,
					rowid: sql<number>`rowid`,
				});
			// An update returns rows in any order, and the newest push of a registration must come last.
			return rows
				.sort((a, b) => a.createdAt - b.createdAt || a.rowid - b.rowid)
				.map(({ id, node, notification, createdAt }) => ({
					id,
					node,
					createdAt,
					notification: notification as Notification,
				}));
		},

		async renew(claimant, ids, leaseMs) {
			await db
				.update(handover)
				.set({ claimedUntil: leaseOf(leaseMs) })
				.where(and(inArray(handover.id, [...ids]), eq(handover.claimedBy, claimant)));
		},

		async remove(id) {
			await db.delete(handover).where(eq(handover.id, id));
		},

		async sweep() {
			const expired = await db
				.delete(handover)
				.where(lt(handover.expiresAt, databaseNow()))
				.returning({ id: handover.id });
			return expired.length;
		},
	};
}
