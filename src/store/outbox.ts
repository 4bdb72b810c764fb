/**
 * The outbox: what was promised and not yet delivered, in the connector's own file.
 *
 * Every row carries the version of its publish, and every change names the version it is about: a slow answer
 * about an old publish can neither remove nor replace a newer one (invariant 6).
 */
import { and, asc, eq, gt, lte, max, min, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Notification, PushClass } from "../types.ts";
import { outbox } from "./outbox-schema.ts";

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
}

export interface Outbox {
	/** A version newer than all that are kept, and than all given out before. */
	nextVersion(): number;
	/** Whether there may be entries: false spares the fast path a write. */
	mayHaveEntries(): boolean;
	/** Keeps entries, unless a newer publish of the same registration and class is kept already. */
	put(...entries: OutboxEntry[]): Promise<void>;
	/** Gives an entry another time, if it is still there and no newer one took its place. */
	postpone(node: string, pushClass: PushClass, version: number, dueAt: number): Promise<void>;
	/** Removes an entry that is as old as `version`, or older: a publish of this version made up for it. */
	remove(node: string, pushClass: PushClass, version: number): Promise<void>;
	/** Removes the entry of exactly this version: an older one is still owed. */
	drop(node: string, pushClass: PushClass, version: number): Promise<void>;
	/** The entries to send by `now`, oldest first. */
	due(now: number, limit: number): Promise<OutboxEntry[]>;
	/** When the next entry is due after `now`; undefined: there is none. */
	nextDueAt(now: number): Promise<number | undefined>;
	/** How many entries there are, and when the first of them is due. */
	depth(): Promise<{ entries: number; oldestDueAt: number | undefined }>;
}

/** @param db the connector's own file, migrated */
export async function openOutbox(db: LibSQLDatabase): Promise<Outbox> {
	const newest = db
		.select({ version: max(outbox.version) })
		.from(outbox)
		.prepare();
	const any = db.select({ version: outbox.version }).from(outbox).limit(1).prepare();
	// A counter, not a clock: a clock set back would let an old publish outlive a new one.
	let lastVersion = (await newest.get())?.version ?? 0;
	let mayHaveEntries = lastVersion > 0;
	/** How often entries were put: an answer of the file from before the last put says nothing of it. */
	let puts = 0;
	let pendingPuts = 0;

	return {
		nextVersion: () => ++lastVersion,

		mayHaveEntries: () => mayHaveEntries,

		async put(...entries) {
			const statements = entries.map((entry) =>
				db
					.insert(outbox)
					.values({ ...entry, lastError: entry.lastError ?? null })
					.onConflictDoUpdate({
						target: [outbox.node, outbox.class],
						set: {
							version: sql`excluded.version`,
							notification: sql`excluded.notification`,
							attempts: sql`excluded.attempts`,
							dueAt: sql`excluded.due_at`,
							expiresAt: sql`excluded.expires_at`,
							lastError: sql`excluded.last_error`,
						},
						setWhere: sql`${outbox.version} <= excluded.version`,
					}),
			);
			const [one, ...more] = statements;
			if (!one) return;
			mayHaveEntries = true;
			puts++;
			pendingPuts++;
			try {
				await (more.length === 0 ? one : db.batch([one, ...more]));
			} finally {
				pendingPuts--;
			}
		},

		async postpone(node, pushClass, version, dueAt) {
			await db
				.update(outbox)
				.set({ dueAt })
				.where(and(eq(outbox.node, node), eq(outbox.class, pushClass), eq(outbox.version, version)));
		},

		async remove(node, pushClass, version) {
			await db
				.delete(outbox)
				.where(and(eq(outbox.node, node), eq(outbox.class, pushClass), lte(outbox.version, version)));
		},

		async drop(node, pushClass, version) {
			await db
				.delete(outbox)
				.where(and(eq(outbox.node, node), eq(outbox.class, pushClass), eq(outbox.version, version)));
		},

		async due(now, limit) {
			const rows = await db
				.select()
				.from(outbox)
				.where(lte(outbox.dueAt, now))
				.orderBy(asc(outbox.dueAt))
				.limit(limit);
			return rows.map(({ lastError, ...row }) => (lastError === null ? row : { ...row, lastError }));
		},

		async nextDueAt(now) {
			const putsBefore = puts;
			const isEmpty = (await any.get()) === undefined;
			// Neither an entry that came in meanwhile nor one that is still being written may be overlooked.
			if (isEmpty && puts === putsBefore && pendingPuts === 0) mayHaveEntries = false;
			const row = await db
				.select({ dueAt: min(outbox.dueAt) })
				.from(outbox)
				.where(gt(outbox.dueAt, now))
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
	};
}
