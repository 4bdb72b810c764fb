/** What waits in the outbox: its queues, and what is due in each. */
import { and, asc, gt, inArray, lte, min, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Outbox } from "./outbox.ts";
import { COMMON_SLOT } from "./outbox-slots.ts";
import { type QueueName, queueOfNew } from "./queue-names.ts";
import { outbox } from "./schema.ts";

export type OutboxQueues = Pick<Outbox, "queues" | "due" | "nextDueAt" | "depth" | "waitingAt">;

/** What follows a name and this is every name after it: the driver ends a text at a zero. */
const NEXT = "\u0001";

/** An operator needs no more of it, and counting more holds up what is sent. */
const MOST_COUNTED = 10_000;

/** `IS`: unlike `=`, true of two nulls. */
const inQueue = (queue: QueueName) => sql`${outbox.gate} IS ${queue ?? null}`;

export function createOutboxQueues(db: LibSQLDatabase): OutboxQueues {
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

	return {
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
			const row = await db
				.select({ dueAt: min(outbox.dueAt) })
				.from(outbox)
				.where(and(inQueue(queue), gt(outbox.dueAt, now)))
				.get();
			return row?.dueAt ?? undefined;
		},

		async waitingAt(its) {
			const waiting = db
				.select({ one: sql`1`.as("one") })
				.from(outbox)
				.where(inArray(outbox.gate, [its, queueOfNew(its)]))
				.limit(MOST_COUNTED)
				.as("waiting");
			const row = await db.select({ count: sql<number>`count(*)` }).from(waiting).get();
			return row?.count ?? 0;
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
