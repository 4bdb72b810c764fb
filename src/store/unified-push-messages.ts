/**
 * UnifiedPush: what apps' servers sent and no device has answered for yet. A sender is told 201 once its push is here.
 *
 * A connector claims rows by lease: what it has not removed when the lease ends, another may claim.
 */
import { and, asc, eq, gt, inArray, lte, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { unifiedPushBounds } from "../limits/bounds/unified-push.ts";
import { present } from "../syntax/present-fields.ts";
import { DATABASE_NOW } from "./database-clock.ts";
import { OddAnswer } from "./database-fault.ts";
import { createGroupCommit } from "./group-commit.ts";
import { toJson } from "./json-rows.ts";
import { unifiedPushMessages as messages, registrations } from "./schema.ts";

/** Rows of one statement: on a file it blocks the event loop until it is done. */
const TOGETHER = 100;
/** How long a push waits for its next try by itself: it doubles, up to an hour. ms. */
const FIRST_WAIT_MS = 60_000;
const DOUBLED = 6;
const LAST_WAIT_MS = 3_600_000;

export interface NewMessage {
	/** The registration's. */
	node: string;
	/** Who counts as one behind it (`Registration.party`). */
	party: string;
	/** RFC 8030 §5.4: a newer one with the same replaces it. */
	topic?: string | undefined;
	/** base64. */
	body: string;
	/** Of the body, before it was base64. */
	bytes: number;
	/** How long it is kept, ms. */
	ttlMs: number;
	/** Who sends it at once; missing: whichever connector looks first. */
	claimedBy?: string | undefined;
}

export interface KeptMessage extends Pick<NewMessage, "node" | "topic" | "body"> {
	id: number;
}

export interface Put {
	/** Missing: one with its topic replaced it already. */
	id?: number;
	/** More wait for its registration. */
	hasOthers: boolean;
}

/** Bytes that wait. */
export interface Usage {
	all: number;
	/** By party. */
	parties: Map<string, number>;
}

export interface UnifiedPushMessages {
	/**
	 * Keeps a push, in place of one with its topic. Of too many for one registration the oldest go. Those that come within
	 * a moment are written together.
	 * @returns once it is committed
	 */
	put(message: NewMessage): Promise<Put>;
	/** Takes the oldest of a registration that nobody has a lease on, in their order. */
	claim(node: string, claimant: string, limit: number): Promise<KeptMessage[]>;
	/** Some registrations for which something is due to be tried. What expired is removed. */
	due(limit: number): Promise<string[]>;
	/** The registrations of a device for which something waits that nobody has a lease on. @param jid its full JID */
	waitingFor(app: string, jid: string): Promise<string[]>;
	/** The registration that a push is for, if it is this device's. */
	nodeOf(id: number, app: string, jid: string): Promise<string | undefined>;
	/** They were answered for. Those that come within a moment are removed together. */
	remove(ids: readonly number[]): Promise<void>;
	/** All of a registration, which ended. */
	removeOf(node: string): Promise<void>;
	/** All that this one has claimed of a registration waits for its next try. */
	putOff(node: string, claimant: string): Promise<void>;
	/** All that this one has claimed is anybody's, and due: it ended, or begins anew. */
	giveBack(claimant: string): Promise<void>;
	/** A registration has another node. */
	moved(from: string, to: string): Promise<void>;
	usage(): Promise<Usage>;
	/** How many wait. */
	count(): Promise<number>;
	/** Removes what expired. */
	sweep(): Promise<void>;
}

/**
 * @param db the primary
 * @param options.pause how long pushes gather that are written together; missing: each is written by itself
 * @param options.clock in place of the database's own
 */
export function createUnifiedPushMessages(
	db: LibSQLDatabase,
	{
		pause,
		clock,
		leaseMs = 120_000,
	}: { pause?: () => Promise<void>; clock?: () => number; leaseMs?: number } = {},
): UnifiedPushMessages {
	const now = (): SQL<number> => (clock ? sql<number>`${clock()}` : DATABASE_NOW);
	const isFree = () => lte(messages.claimedUntil, now());
	const isAlive = () => gt(messages.expiresAt, now());

	const insert = createInsert(db, now, leaseMs);
	const put = pause ? createGroupCommit(insert, pause) : (group: readonly Asked[]) => insert([...group]);

	async function removeNow(ids: number[]): Promise<void> {
		for (let from = 0; from < ids.length; from += TOGETHER)
			await db.delete(messages).where(inArray(messages.id, ids.slice(from, from + TOGETHER)));
	}
	const remove = pause
		? createGroupCommit(removeNow, pause)
		: (ids: readonly number[]) => removeNow([...ids]);

	return {
		async put(message) {
			const asked: Asked = { message };
			await put([asked]);
			return asked.put ?? odd();
		},

		async claim(node, claimant, limit) {
			const oldest = db
				.select({ id: messages.id })
				.from(messages)
				.where(and(eq(messages.node, node), isFree(), isAlive()))
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
			const rows = await db
				.selectDistinct({ node: messages.node })
				.from(messages)
				.where(and(isDue, isFree()))
				.limit(limit);
			// Most of the time there is nothing, and a question takes no turn from those who write.
			if (rows.length > 0) await db.delete(messages).where(and(isDue, lte(messages.expiresAt, now())));
			return rows.map(({ node }) => node);
		},

		async waitingFor(app, jid) {
			const rows = await db
				.selectDistinct({ node: messages.node })
				.from(registrations)
				.innerJoin(messages, eq(messages.node, registrations.node))
				.where(and(eq(registrations.token, jid), eq(registrations.app, app), isFree(), isAlive()));
			return rows.map(({ node }) => node);
		},

		async nodeOf(id, app, jid) {
			const [row] = await db
				.select({ node: messages.node })
				.from(messages)
				.innerJoin(registrations, eq(registrations.node, messages.node))
				.where(and(eq(messages.id, id), eq(registrations.token, jid), eq(registrations.app, app)));
			return row?.node;
		},

		remove,

		async removeOf(node) {
			await db.delete(messages).where(eq(messages.node, node));
		},

		async putOff(node, claimant) {
			const wait = sql`min(${LAST_WAIT_MS}, ${FIRST_WAIT_MS} << min(${messages.tries}, ${DOUBLED}))`;
			await db
				.update(messages)
				.set({
					// What expires before is due then, to be removed.
					dueAt: sql`min(${now()} + ${wait}, ${messages.expiresAt})`,
					tries: sql`${messages.tries} + 1`,
					claimedBy: null,
					claimedUntil: 0,
				})
				.where(and(eq(messages.node, node), eq(messages.claimedBy, claimant)));
		},

		async giveBack(claimant) {
			await db
				.update(messages)
				.set({ dueAt: now(), claimedBy: null, claimedUntil: 0 })
				.where(eq(messages.claimedBy, claimant));
		},

		async moved(from, to) {
			await db.update(messages).set({ node: to }).where(eq(messages.node, from));
		},

		async usage() {
			const rows = await db
				.select({ party: messages.party, bytes: sql<number>`sum(${messages.bytes})` })
				.from(messages)
				.groupBy(messages.party);
			const parties = new Map(rows.map(({ party, bytes }) => [party, bytes]));
			return { all: rows.reduce((sum, { bytes }) => sum + bytes, 0), parties };
		},

		async count() {
			const row = await db.select({ count: sql<number>`count(*)` }).from(messages).get();
			return row?.count ?? 0;
		},

		async sweep() {
			await db.delete(messages).where(lte(messages.expiresAt, now()));
		},
	};
}

interface Asked {
	message: NewMessage;
	put?: Put;
}

const odd = (): never => {
	throw new OddAnswer();
};

/** @returns writes pushes in their order, all of them or none */
function createInsert(
	db: LibSQLDatabase,
	now: () => SQL<number>,
	leaseMs: number,
): (group: Asked[]) => Promise<void> {
	const insertOf = (rows: readonly Asked[]) => {
		const given = toJson(rows.map(({ message }) => [...valuesOf(message), message.claimedBy ? leaseMs : 0]));
		const value = (at: number) => sql.raw(`value ->> ${at}`);
		return db
			.insert(messages)
			.select(
				sql`select null, ${value(0)}, ${value(1)}, ${value(2)}, ${value(3)}, ${now()} + (${value(4)}), ${now()} + (${value(7)}), 0,
					${value(5)}, iif((${value(7)}) > 0, ${now()} + (${value(7)}), 0), ${value(6)} from json_each(${given}) where true order by key`,
			)
			.returning({ id: messages.id });
	};
	const isReplaced = (rows: readonly Asked[]) => {
		const pairs = rows.flatMap(({ message: { node, topic } }) =>
			topic === undefined ? [] : [[node, topic]],
		);
		return sql`(${messages.node}, ${messages.topic}) in (select value ->> 0, value ->> 1 from json_each(${toJson(pairs)}))`;
	};

	/** Of too many for one registration the oldest go. */
	async function trim(nodes: readonly string[]): Promise<void> {
		const newestFirst = sql`over (partition by ${messages.node} order by ${messages.id} desc)`;
		const ranked = sql`select ${messages.id} as id, row_number() ${newestFirst} as place, sum(${messages.bytes}) ${newestFirst} as total
			from ${messages} where ${inArray(messages.node, [...nodes])}`;
		const { waiting, waitingBytes } = unifiedPushBounds;
		await db
			.delete(messages)
			.where(
				sql`${messages.id} in (select id from (${ranked}) where place > ${waiting.is} or total > ${waitingBytes.is})`,
			);
	}

	async function write(group: readonly Asked[]): Promise<void> {
		const rows = newestOfEachTopic(group);
		const nodes = [...new Set(rows.map(({ message }) => message.node))];
		const isOfTopic = rows.some(({ message }) => message.topic !== undefined);
		const totals = db
			.select({
				node: messages.node,
				count: sql<number>`count(*)`,
				bytes: sql<number>`sum(${messages.bytes})`,
			})
			.from(messages)
			.where(inArray(messages.node, nodes))
			.groupBy(messages.node);
		const [inserted, found] = isOfTopic
			? ((await db.batch([db.delete(messages).where(isReplaced(rows)), insertOf(rows), totals])).slice(1) as [
					{ id: number }[],
					Awaited<typeof totals>,
				])
			: await db.batch([insertOf(rows), totals]);
		if (inserted.length !== rows.length) odd();
		// In the order of their rows, whatever the order in which they are returned.
		const ids = inserted.map(({ id }) => id).sort((a, b) => a - b);
		const { waiting, waitingBytes } = unifiedPushBounds;
		const tooMany = found.filter(({ count, bytes }) => count > waiting.is || bytes > waitingBytes.is);
		if (tooMany.length > 0) await trim(tooMany.map(({ node }) => node));
		const counts = new Map(found.map(({ node, count }) => [node, count]));
		rows.forEach((asked, at) => {
			asked.put = { id: ids[at] ?? odd(), hasOthers: (counts.get(asked.message.node) ?? 0) > 1 };
		});
		// What a newer one of the group replaced was kept as much as any that is replaced a moment later.
		for (const asked of group) asked.put ??= { hasOthers: false };
	}

	return async (group) => {
		for (let from = 0; from < group.length; from += TOGETHER) await write(group.slice(from, from + TOGETHER));
	};
}

const valuesOf = ({ node, party, topic, bytes, ttlMs, claimedBy, body }: NewMessage) => [
	node,
	party,
	topic ?? null,
	bytes,
	ttlMs,
	claimedBy ?? null,
	body,
];

/** Without those that a later one of the group replaces. */
function newestOfEachTopic(group: readonly Asked[]): Asked[] {
	const newest = new Map<string, Asked>();
	for (const asked of group) {
		const { node, topic } = asked.message;
		if (topic !== undefined) newest.set(`${node} ${topic}`, asked);
	}
	return group.filter((asked) => {
		const { node, topic } = asked.message;
		return topic === undefined || newest.get(`${node} ${topic}`) === asked;
	});
}
