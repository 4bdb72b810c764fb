/** Keeps pushes for UnifiedPush devices: those that come within a moment are written together (group-commit.ts). */
import { inArray, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { OddAnswer } from "../database-fault.ts";
import { createGroupCommit } from "../group-commit.ts";
import { toJson } from "../json-rows.ts";
import { unifiedPushMessages as messages } from "../schema.ts";

/** Rows of one statement: on a file it blocks the event loop until it is done. */
export const TOGETHER = 100;
/** Of one registration. */
const MOST = unifiedPushBounds.waiting.is;
const MOST_BYTES = unifiedPushBounds.waitingBytes.is;

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

export interface KeepOptions {
	db: LibSQLDatabase;
	now(): SQL<number>;
	leaseMs: number;
	/** How long pushes gather; missing: each is written by itself. */
	pause: (() => Promise<void>) | undefined;
}

/** @returns keeps a push, and resolves once it is committed */
export function createKeep({ db, now, leaseMs, pause }: KeepOptions): (message: NewMessage) => Promise<Put> {
	const insert = createInsert(db, now, leaseMs);
	const write = pause ? createGroupCommit(insert, pause) : insert;
	return async (message) => {
		const asked: Asked = { message };
		await write([asked]);
		return asked.put ?? odd();
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
): (group: readonly Asked[]) => Promise<void> {
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
		await db
			.delete(messages)
			.where(
				sql`${messages.id} in (select id from (${ranked}) where place > ${MOST} or total > ${MOST_BYTES})`,
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
		const tooMany = found.filter(({ count, bytes }) => count > MOST || bytes > MOST_BYTES);
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
