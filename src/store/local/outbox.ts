/**
 * The outbox: what was promised and not yet delivered, in the connector's own file.
 *
 * Every row carries the version of its publish, and every change names the version it is about: a slow answer
 * about an old publish can neither remove nor replace a newer one (invariant 6). Rows wait in queues, one a gate: a
 * gate that is shut costs nothing, however many wait for it. Changes are written in groups, in their order, and are
 * on disk when their promise resolves.
 */
import { and, eq, gt, max, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Notification, PushClass } from "../../types.ts";
import { createOutboxChanges } from "./outbox-changes.ts";
import { openOutboxLanes } from "./outbox-lanes.ts";
import { createOutboxQueues } from "./outbox-queues.ts";
import { createOutboxTouches } from "./outbox-touches.ts";
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
	/** How many entries wait for a gate, those of strangers' hosts apart; counted no further than 10,000. */
	waitingAt(gate: string): Promise<number>;
	/** A mark for what is read from the outbox now, … */
	stamp(): number;
	/** … by which it is known whether an entry may have been changed, superseded or removed since. */
	mayHaveChanged(entry: OutboxEntry, stamp: number): boolean;
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

/**
 * @param db the connector's own file, migrated
 * @param pause how long changes gather
 */
export async function openOutbox(
	db: LibSQLDatabase,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, GATHER_MS)),
): Promise<Outbox> {
	await db.run(sql.raw(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`));
	const newest = await db
		.select({ version: max(outbox.version) })
		.from(outbox)
		.get();
	// A counter, not a clock: a clock set back would let an old publish outlive a new one.
	let lastVersion = newest?.version ?? 0;
	const lanes = await openOutboxLanes(db);
	const changes = createOutboxChanges(db, pause);
	const touches = createOutboxTouches();
	const queues = createOutboxQueues(db);

	/** Before it is written, and after: what is read in between may be either. */
	async function touching(lanes: readonly Pick<OutboxEntry, "node" | "class">[], write: () => Promise<void>) {
		for (const lane of lanes) touches.touch(lane);
		await write();
		for (const lane of lanes) touches.touch(lane);
	}

	return {
		...queues,

		stamp: touches.stamp,
		mayHaveChanged: touches.isTouchedSince,

		nextVersion: () => ++lastVersion,

		mayHave: lanes.mayHave,

		async put(...entries) {
			lanes.beginPut(entries);
			try {
				await touching(entries, () => changes.put(entries));
			} finally {
				lanes.endPut();
			}
		},

		change(changed) {
			const { node, class: pushClass, version, lastError = null, gate = null, publisher = null } = changed;
			const { attempts, dueAt, expiresAt } = changed;
			const isIt = and(eq(outbox.node, node), eq(outbox.class, pushClass), eq(outbox.version, version));
			return touching([changed], () =>
				changes.run(
					db.update(outbox).set({ attempts, dueAt, expiresAt, lastError, gate, publisher }).where(isIt),
				),
			);
		},

		remove(node, pushClass, version) {
			const removal = { node, class: pushClass, version, isMadeUpFor: true };
			return touching([removal], () => changes.remove(removal));
		},

		drop(node, pushClass, version) {
			const removal = { node, class: pushClass, version, isMadeUpFor: false };
			return touching([removal], () => changes.remove(removal));
		},

		async nextDueAt(queue, now) {
			await lanes.clearIfEmpty();
			return queues.nextDueAt(queue, now);
		},

		hasten: (by, now) =>
			changes.run(
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
