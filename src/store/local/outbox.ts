/**
 * The outbox: what was promised and not yet delivered, in the connector's own file.
 *
 * Every row carries the version of its publish, and every change names the version it is about: a slow answer
 * about an old publish can neither remove nor replace a newer one (invariant 6). Rows wait in queues, one a gate: a
 * gate that is shut costs nothing, however many wait for it. Changes are written in groups, in their order, and are
 * on disk when their promise resolves.
 */
import { and, asc, eq, gt, lte, max, min, type Placeholder, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import type { Notification, PushClass } from "../../types.ts";
import { createGroupCommit } from "../group-commit.ts";
import { toJson } from "../json-rows.ts";
import { createKeyFilter } from "./bloom-filter.ts";
import { AFTER_OWN, COMMON_SLOT, FIRST_OWN } from "./outbox-slots.ts";
import type { QueueName } from "./queue-names.ts";
import { outbox } from "./schema.ts";

/** One promised push. Times are ms since the epoch. */
export interface OutboxEntry {
	node: string;
	class: PushClass;
	version: number;
	notification: Notification;
	/** How often it was tried in vain. */
	attempts: number;
	dueAt: number;
	expiresAt: number;
	lastError?: string;
	/** The queue it waits in; undefined: its gate is not known yet. */
	gate?: string;
	/** The domain that published it, as long as nobody looked whether it may. */
	publisher?: string;
	/** Within its lane (outbox-slots.ts); undefined: that of all which supersede each other. */
	slot?: string;
}

export interface Outbox {
	/** A version newer than all that are kept, and than all given out before. */
	nextVersion(): number;
	/** Whether there may be an entry of this registration and class: false spares the fast path a write. */
	mayHave(node: string, pushClass: PushClass): boolean;
	/**
	 * Keeps entries, unless a newer publish of the same registration, class and slot is kept already. Of those with slots
	 * of their own the newest of each lane stay, so many of each publisher's; what nobody looked at yet counts for itself.
	 */
	put(...entries: OutboxEntry[]): Promise<void>;
	/** Changes an entry of exactly this version; one that was removed or superseded meanwhile does not come back. */
	change(entry: OutboxEntry): Promise<void>;
	/**
	 * Removes the entry of exactly this version, and those as old or older that it made up for: all but pushes with a
	 * text of their own.
	 */
	remove(node: string, pushClass: PushClass, version: number): Promise<void>;
	/** Removes the entry of exactly this version: an older one is still owed. */
	drop(node: string, pushClass: PushClass, version: number): Promise<void>;
	/**
	 * Queues that are not empty, in the order of their names, and when the first entry of each is due. The work is
	 * bounded by `limit`, however many entries there are.
	 * @param after those after this name; missing: from the first, which is the one whose gate is not known
	 */
	queues(after: string | undefined, limit: number): Promise<{ queue: QueueName; dueAt: number }[]>;
	/** The entries of a queue to send by `now`, oldest first. */
	due(queue: QueueName, now: number, limit: number): Promise<OutboxEntry[]>;
	/** When the next entry of a queue is due after `now`; undefined: there is none. */
	nextDueAt(queue: QueueName, now: number): Promise<number | undefined>;
	/** How many entries there are, and when the first of them is due. */
	depth(): Promise<{ entries: number; oldestDueAt: number | undefined }>;
	/** All that is waiting because of a time is due earlier by so many ms: the clock was set back by them. */
	hasten(by: number, now: number): Promise<void>;
	/** Copies the write-ahead log into the file and empties it: closing alone leaves the file as it was. */
	checkpoint(): Promise<void>;
}

/** How long changes gather before they are written, ms. */
const GATHER_MS = 5;

/**
 * Pages of the write-ahead log before it is copied into the file, which waits for the disk for some milliseconds: at
 * SQLite's 1,000 that is twice a second while a busy provider hangs, at this every few seconds. The log keeps the size
 * that it came to, 32 MB, and is used again from its beginning; it goes with the end of the process.
 */
const CHECKPOINT_PAGES = 8_000;

/** Of more entries than that their lanes are not read at the start: the filter would say yes to almost all. */
const LANES_READ = 100_000;

/** So many with slots of their own are kept of one lane. */
const OWN_KEPT = deliveryBounds.ownTextsKept.is;
const PUBLISHERS_KEPT = deliveryBounds.unknownPublishers.is;

/** What follows a name and this is every name after it: the driver ends a text at a zero. */
const NEXT = "\u0001";

const laneOf = (node: string, pushClass: PushClass) => `${node} ${pushClass}`;

/** Of one lane, at one version or up to it. */
const ofLane = (node: string, pushClass: PushClass, version: SQL) =>
	and(eq(outbox.node, node), eq(outbox.class, pushClass), version);

type Change = { kind: "put"; entry: OutboxEntry } | { kind: "other"; statement: BatchItem<"sqlite"> };

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export async function openOutbox(
	db: LibSQLDatabase,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
): Promise<Outbox> {
	await db.run(sql.raw(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`));
	const newest = db
		.select({ version: max(outbox.version) })
		.from(outbox)
		.prepare();
	const any = db.select({ version: outbox.version }).from(outbox).limit(1).prepare();
	const gate = sql.identifier(outbox.gate.name);
	const firstDueAt = (queue: SQL) =>
		sql`(SELECT min(${outbox.dueAt}) FROM ${outbox} WHERE ${outbox.gate} IS ${queue})`;
	/** From name to name by the index: what a queue holds is not read, however much that is. */
	const nextQueues = (from: string, limit: number) =>
		db.all<{ queue: string; dueAt: number }>(sql`
			WITH RECURSIVE names(its) AS (
				SELECT min(${gate}) FROM ${outbox} WHERE ${gate} >= ${from}
				UNION ALL
				SELECT (SELECT min(${gate}) FROM ${outbox} WHERE ${gate} > names.its) FROM names
				WHERE names.its IS NOT NULL LIMIT ${limit}
			)
			SELECT names.its AS queue, ${firstDueAt(sql`names.its`)} AS "dueAt" FROM names
			WHERE names.its IS NOT NULL`);
	// A counter, not a clock: a clock set back would let an old publish outlive a new one.
	let lastVersion = (await newest.get())?.version ?? 0;
	const lanes = createKeyFilter();
	const left = await db
		.select({ node: outbox.node, class: outbox.class })
		.from(outbox)
		.limit(LANES_READ + 1);
	if (left.length > LANES_READ) lanes.addUnknown();
	else for (const entry of left) lanes.add(laneOf(entry.node, entry.class));
	/** How often entries were put: an answer of the file from before the last put says nothing of it. */
	let puts = 0;
	let pendingPuts = 0;

	const insertRows = insert(sql.placeholder("rows")).prepare();
	/** At almost every put the slot is the common one. */
	const haveSlots = (entries: readonly OutboxEntry[]) => entries.some(({ slot }) => slot !== undefined);

	const write = createGroupCommit<Change>(async (changes) => {
		const entries = changes.flatMap((change) => (change.kind === "put" ? [change.entry] : []));
		// While a provider hangs there is nothing but puts: that statement is built once.
		if (entries.length === changes.length && !haveSlots(entries))
			return void (await insertRows.run({ rows: toJson(entries) }));
		const [one, ...more] = statements(changes);
		if (one) await (more.length === 0 ? one : db.batch([one, ...more]));
	}, pause);

	/** Entries that are put one after the other are one statement: each costs more than its rows. */
	function statements(changes: readonly Change[]): BatchItem<"sqlite">[] {
		const statements: BatchItem<"sqlite">[] = [];
		let entries: OutboxEntry[] = [];
		const flush = () => {
			if (entries.length > 0) statements.push(insert(toJson(entries)));
			if (haveSlots(entries)) statements.push(trim(toJson(entries)));
			entries = [];
		};
		for (const change of changes) {
			if (change.kind === "put") entries.push(change.entry);
			else {
				flush();
				statements.push(change.statement);
			}
		}
		flush();
		return statements;
	}

	/** @param rows entries as JSON. In their order: of two of one lane the newer stays */
	function insert(rows: string | Placeholder) {
		const field = (name: keyof OutboxEntry) => sql.raw(`value ->> '${name}'`);
		// "where true" keeps SQLite from reading "on conflict" as part of a join (https://sqlite.org/lang_upsert.html §2.2).
		return db
			.insert(outbox)
			.select(
				sql`select ${sql.join(
					[
						...[field("node"), field("class"), sql.raw(`coalesce(value ->> 'slot', '${COMMON_SLOT}')`)],
						...[field("version"), sql.raw("value -> 'notification'")],
						...[field("attempts"), field("dueAt"), field("expiresAt"), field("lastError"), field("gate")],
						field("publisher"),
					],
					sql`, `,
				)} from json_each(${rows}) where true`,
			)
			.onConflictDoUpdate({
				target: [outbox.node, outbox.class, outbox.slot],
				set: {
					version: sql`excluded.version`,
					notification: sql`excluded.notification`,
					attempts: sql`excluded.attempts`,
					dueAt: sql`excluded.due_at`,
					expiresAt: sql`excluded.expires_at`,
					lastError: sql`excluded.last_error`,
					gate: sql`excluded.gate`,
					publisher: sql`excluded.publisher`,
				},
				setWhere: sql`${outbox.version} <= excluded.version`,
			});
	}

	/** Whether a push has a text of its own. */
	const isOwn = sql`(${outbox.slot} >= ${FIRST_OWN} AND ${outbox.slot} < ${AFTER_OWN})`;

	/**
	 * Removes the oldest of each lane beyond those that are kept. Those of another publisher than the owner's must not take
	 * their place: as long as nobody looked, each publisher's count for themselves, and of publishers there are so many.
	 * @param rows entries as JSON, of the lanes in question
	 */
	function trim(rows: string): BatchItem<"sqlite"> {
		const { node, class: pushClass, slot, version, publisher } = outbox;
		const lanesOf = sql`SELECT value ->> 'node', value ->> 'class' FROM json_each(${rows})`;
		const group = sql`PARTITION BY ${node}, ${pushClass}, ${isOwn}, iif(${isOwn}, ${publisher}, NULL)`;
		const ranked = sql`SELECT rowid AS id, ${node} AS node, ${pushClass} AS class,
			iif(${isOwn}, ${OWN_KEPT}, ${PUBLISHERS_KEPT}) AS most, iif(${isOwn}, ${publisher}, NULL) AS unknown,
			row_number() OVER (${group} ORDER BY ${version} DESC) AS place, max(${version}) OVER (${group}) AS newest
			FROM ${outbox} WHERE (${node}, ${pushClass}) IN (${lanesOf}) AND ${slot} <> ${COMMON_SLOT}`;
		const places = sql`SELECT id, place, most, unknown,
			dense_rank() OVER (PARTITION BY node, class, unknown IS NULL ORDER BY newest DESC) AS rank FROM (${ranked})`;
		return db.delete(outbox).where(
			sql`rowid IN (SELECT id FROM (${places})
				WHERE place > most OR (unknown IS NOT NULL AND rank > ${PUBLISHERS_KEPT}))`,
		);
	}

	/** `IS`: unlike `=`, true of two nulls. */
	const inQueue = (queue: QueueName) => sql`${outbox.gate} IS ${queue ?? null}`;

	const other = (statement: BatchItem<"sqlite">) => write([{ kind: "other", statement }]);

	return {
		nextVersion: () => ++lastVersion,

		mayHave: (node, pushClass) => lanes.mayHave(laneOf(node, pushClass)),

		async put(...entries) {
			for (const entry of entries) lanes.add(laneOf(entry.node, entry.class));
			puts++;
			pendingPuts++;
			try {
				await write(entries.map((entry) => ({ kind: "put", entry })));
			} finally {
				pendingPuts--;
			}
		},

		change({ node, class: pushClass, version, lastError = null, gate = null, publisher = null, ...entry }) {
			const { attempts, dueAt, expiresAt } = entry;
			return other(
				db
					.update(outbox)
					.set({ attempts, dueAt, expiresAt, lastError, gate, publisher })
					.where(ofLane(node, pushClass, eq(outbox.version, version))),
			);
		},

		remove: (node, pushClass, version) =>
			other(
				db
					.delete(outbox)
					.where(
						ofLane(
							node,
							pushClass,
							sql`${outbox.version} <= ${version} AND (${outbox.version} = ${version} OR NOT ${isOwn})`,
						),
					),
			),

		drop: (node, pushClass, version) =>
			other(db.delete(outbox).where(ofLane(node, pushClass, eq(outbox.version, version)))),

		async queues(after, limit) {
			if (after !== undefined) return nextQueues(`${after}${NEXT}`, limit);
			const [unknown] = await db.all<{ dueAt: number | null }>(
				sql`SELECT ${firstDueAt(sql`NULL`)} AS "dueAt"`,
			);
			const named = await nextQueues("", limit);
			const { dueAt = null } = unknown ?? {};
			return dueAt === null ? named : [{ queue: undefined, dueAt }, ...named];
		},

		async due(queue, now, limit) {
			const rows = await db
				.select()
				.from(outbox)
				.where(and(inQueue(queue), lte(outbox.dueAt, now)))
				.orderBy(asc(outbox.dueAt))
				.limit(limit);
			return rows.map(({ lastError, gate, publisher, slot, ...row }) => ({
				...row,
				...(lastError !== null && { lastError }),
				...(gate !== null && { gate }),
				...(publisher !== null && { publisher }),
				...(slot !== COMMON_SLOT && { slot }),
			}));
		},

		async nextDueAt(queue, now) {
			// Neither an entry that comes in meanwhile nor one that is still being written may be overlooked.
			const putsBefore = pendingPuts === 0 ? puts : undefined;
			const isEmpty = (await any.get()) === undefined;
			if (isEmpty && puts === putsBefore) lanes.clear();
			const row = await db
				.select({ dueAt: min(outbox.dueAt) })
				.from(outbox)
				.where(and(inQueue(queue), gt(outbox.dueAt, now)))
				.get();
			return row?.dueAt ?? undefined;
		},

		async depth() {
			const row = await db
				.select({ entries: sql<number>`count(*)`, oldestDueAt: min(outbox.dueAt) })
				.from(outbox)
				.get();
			return { entries: row?.entries ?? 0, oldestDueAt: row?.oldestDueAt ?? undefined };
		},

		hasten: (by, now) =>
			other(
				db
					.update(outbox)
					.set({ dueAt: sql`${outbox.dueAt} - ${by}` })
					.where(gt(outbox.dueAt, now)),
			),

		async checkpoint() {
			await db.run(sql.raw("PRAGMA wal_checkpoint(TRUNCATE)"));
		},
	};
}
