/** The statements that put entries into the outbox, many at a time, from one JSON text. */
import { type Placeholder, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import type { OutboxEntry } from "./outbox.ts";
import { AFTER_OWN, COMMON_SLOT, FIRST_OWN } from "./outbox-slots.ts";
import { outbox } from "./schema.ts";

/** So many with slots of their own are kept of one lane. */
const OWN_KEPT = deliveryBounds.ownTextsKept.is;
const PUBLISHERS_KEPT = deliveryBounds.unknownPublishers.is;

/** Whether a push has a text of its own. */
export const isOwn = sql`(${outbox.slot} >= ${FIRST_OWN} AND ${outbox.slot} < ${AFTER_OWN})`;

const field = (name: keyof OutboxEntry) => sql.raw(`value ->> '${name}'`);

/** Which entry a row is of. */
const KEY = {
	node: field("node"),
	class: field("class"),
	slot: sql.raw(`coalesce(value ->> 'slot', '${COMMON_SLOT}')`),
};

/** What a newer publish replaces. */
const VALUES = {
	version: field("version"),
	notification: sql.raw("value -> 'notification'"),
	attempts: field("attempts"),
	dueAt: field("dueAt"),
	expiresAt: field("expiresAt"),
	lastError: field("lastError"),
	gate: field("gate"),
	publisher: field("publisher"),
};

/** All columns, in the order of the table. */
const COLUMNS: Readonly<Record<keyof typeof outbox.$inferInsert, SQL>> = { ...KEY, ...VALUES };

const REPLACED = Object.fromEntries(
	Object.keys(VALUES).map((name) => [name, sql.raw(`excluded.${outbox[name as keyof typeof VALUES].name}`)]),
);

/**
 * Puts entries, each unless a newer one of its key is there already.
 * @param rows entries as JSON. In their order: of two of one lane the newer stays
 */
export const insertRows = (db: LibSQLDatabase, rows: string | Placeholder) =>
	db
		.insert(outbox)
		// "where true" keeps SQLite from reading "on conflict" as part of a join (https://sqlite.org/lang_upsert.html §2.2).
		.select(sql`select ${sql.join(Object.values(COLUMNS), sql`, `)} from json_each(${rows}) where true`)
		.onConflictDoUpdate({
			target: [outbox.node, outbox.class, outbox.slot],
			set: REPLACED,
			setWhere: sql`${outbox.version} <= excluded.version`,
		});

/**
 * Removes the oldest of each lane beyond those that are kept. Those of another publisher than the owner's must not take
 * their place: as long as nobody looked, each publisher's count for themselves, and of publishers there are so many.
 * @param rows entries as JSON, of the lanes in question
 */
export function trimLanes(db: LibSQLDatabase, rows: string): BatchItem<"sqlite"> {
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
