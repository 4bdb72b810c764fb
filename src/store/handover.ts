/**
 * The hand-over table: pushes that an HTTP process or an edge took in, and that a connector sends.
 *
 * A connector claims rows by lease: what it has not removed when the lease ends, another may claim.
 */
import { and, asc, eq, gte, inArray, lt, lte, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Notification } from "../types.ts";
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
	/** The push was answered for: its row is not needed any more. */
	remove(id: string): Promise<void>;
	/** Removes what expired unclaimed. @returns how many */
	sweep(): Promise<number>;
}

export function createHandover(db: LibSQLDatabase, now: () => number = Date.now): Handover {
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
				.where(and(lte(handover.claimedUntil, now()), gte(handover.expiresAt, now())))
				.orderBy(asc(handover.createdAt), asc(sql`rowid`))
				.limit(limit);
			const rows = await db
				.update(handover)
				.set({ claimedBy: claimant, claimedUntil: now() + leaseMs })
				.where(and(inArray(handover.id, unclaimed), lte(handover.claimedUntil, now())))
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
					...{ id, node, createdAt },
					notification: notification as Notification,
				}));
		},

		async remove(id) {
			await db.delete(handover).where(eq(handover.id, id));
		},

		async sweep() {
			const expired = await db
				.delete(handover)
				.where(lt(handover.expiresAt, now()))
				.returning({ id: handover.id });
			return expired.length;
		},
	};
}
