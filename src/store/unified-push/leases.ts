/** Who sends what waits for a UnifiedPush device, and when. */
import { and, asc, eq, gt, inArray, lte, ne, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { present } from "../../syntax/present-fields.ts";
import { unifiedPushMessages as messages } from "../schema.ts";
import type { KeptMessage } from "./keep.ts";

/** How long a push waits for its next try by itself: it doubles, up to an hour. ms. */
const FIRST_WAIT_MS = 15_000;
const DOUBLED = 8;
const LAST_WAIT_MS = 3_600_000;
/** In place of the number of tries: the next one is due at once. */
const HASTENED = -1;

export interface Leases {
	/** Takes the oldest of a registration that nobody has a lease on, in their order. */
	claim(node: string, claimant: string, limit: number): Promise<KeptMessage[]>;
	/** Some registrations for which something is due to be tried, whose has waited longest first. What expired is removed. */
	due(limit: number): Promise<string[]>;
	/** What is due for these waits as long as a lease: their devices are sent to now, and get it behind that. */
	standBehind(nodes: readonly string[]): Promise<void>;
	/** All that this one has claimed of a registration waits for its next try. */
	putOff(node: string, claimant: string): Promise<void>;
	/** The same for one, whoever has claimed it. */
	putOffOne(id: number): Promise<void>;
	/** What others have claimed of these is due at once when they put it off: its device has come online. */
	hasten(nodes: readonly string[], claimant: string): Promise<void>;
	/** All that this one has claimed is anybody's, and due: it ends. */
	giveBack(claimant: string): Promise<void>;
	/** The same for all that earlier processes of a connector had claimed, by how their names began. */
	takeBack(prefix: string, claimant: string): Promise<void>;
}

export function createLeases(db: LibSQLDatabase, now: () => SQL<number>, leaseMs: number): Leases {
	const isFree = () => lte(messages.claimedUntil, now());
	const putOff = async (which: SQL | undefined) => {
		const wait = sql`iif(${messages.tries} < 0, 0, min(${LAST_WAIT_MS}, ${FIRST_WAIT_MS} << min(${messages.tries}, ${DOUBLED})))`;
		await db
			.update(messages)
			.set({
				// What expires before is due then, to be removed.
				dueAt: sql`min(${now()} + ${wait}, ${messages.expiresAt})`,
				tries: sql`${messages.tries} + 1`,
				claimedBy: null,
				claimedUntil: 0,
			})
			.where(which);
	};

	return {
		async claim(node, claimant, limit) {
			const oldest = db
				.select({ id: messages.id })
				.from(messages)
				.where(and(eq(messages.node, node), isFree(), gt(messages.expiresAt, now())))
				.orderBy(asc(messages.id))
				.limit(limit);
			const rows = await db
				.update(messages)
				.set({ claimedBy: claimant, claimedUntil: sql`${now()} + ${leaseMs}` })
				.where(and(inArray(messages.id, oldest), isFree()))
				.returning({ id: messages.id, topic: messages.topic, body: messages.body });
			// An update returns rows in any order.
			return rows.sort((a, b) => a.id - b.id).map((row) => ({ ...present(row), node }));
		},

		async due(limit) {
			const isDue = lte(messages.dueAt, now());
			// As many as `limit` registrations may have together. Without it SQLite reads all that waits, in the order of nodes.
			const oldest = db
				.select({ node: messages.node, dueAt: messages.dueAt })
				.from(messages)
				.where(and(isDue, isFree()))
				.orderBy(asc(messages.dueAt))
				.limit(limit * unifiedPushBounds.waiting.is)
				.as("oldest");
			const rows = await db
				.select({ node: oldest.node })
				.from(oldest)
				.groupBy(oldest.node)
				.orderBy(sql`min(${oldest.dueAt})`)
				.limit(limit);
			// Most of the time there is nothing, and a question takes no turn from those who write.
			if (rows.length > 0) await db.delete(messages).where(and(isDue, lte(messages.expiresAt, now())));
			return rows.map(({ node }) => node);
		},

		async standBehind(nodes) {
			await db
				.update(messages)
				.set({ dueAt: sql`min(${now()} + ${leaseMs}, ${messages.expiresAt})` })
				.where(and(inArray(messages.node, [...nodes]), isFree(), lte(messages.dueAt, now())));
		},

		putOff: (node, claimant) => putOff(and(eq(messages.node, node), eq(messages.claimedBy, claimant))),
		putOffOne: (id) => putOff(eq(messages.id, id)),

		async hasten(nodes, claimant) {
			const isOthers = and(gt(messages.claimedUntil, now()), ne(messages.claimedBy, claimant));
			await db
				.update(messages)
				.set({ tries: HASTENED })
				.where(and(inArray(messages.node, [...nodes]), isOthers));
		},

		async giveBack(claimant) {
			await db
				.update(messages)
				.set({ dueAt: now(), claimedBy: null, claimedUntil: 0 })
				.where(eq(messages.claimedBy, claimant));
		},

		async takeBack(prefix, claimant) {
			const { claimedBy } = messages;
			const isEarlier = and(
				gt(claimedBy, prefix),
				lte(claimedBy, `${prefix}\u{10FFFF}`),
				ne(claimedBy, claimant),
			);
			await db.update(messages).set({ dueAt: now(), claimedBy: null, claimedUntil: 0 }).where(isEarlier);
		},
	};
}
