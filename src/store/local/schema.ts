import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Notification, PushClass } from "../../types.ts";

/*
 * The connector's own file. It works when the shared database is away, and needs no lease: one connector owns it.
 */

/** Pushes that were promised and not yet delivered: the newest of each registration, class and slot. */
export const outbox = sqliteTable(
	"outbox",
	{
		node: text().notNull(),
		class: text().$type<PushClass>().notNull(),
		/** outbox-slots.ts; empty: that of all which supersede each other. */
		slot: text().notNull().default(""),
		/** Grows with every publish: only an equal or older row may be deleted or replaced. */
		version: integer().notNull(),
		notification: text({ mode: "json" }).$type<Notification>().notNull(),
		attempts: integer().notNull(),
		dueAt: integer("due_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
		lastError: text("last_error"),
		/** The gate that it waits for; null: nobody looked yet, or a version put it that knew of no gates. */
		gate: text(),
		/** The domain that published it, if nobody could look yet whether it may; null: it may. */
		publisher: text(),
	},
	(table) => [
		primaryKey({ columns: [table.node, table.class, table.slot] }),
		index("outbox_due_at").on(table.dueAt),
		index("outbox_gate").on(table.gate, table.dueAt),
	],
);

/** What it takes to resume an XMPP stream in another process (XEP-0198): one row an address. */
export const streams = sqliteTable("streams", {
	address: text().primaryKey(),
	/** The SM-ID, `previd` of a resumption. */
	id: text().notNull(),
	/** How many stanzas of the stream were handled: the `h` of the next `<a/>`. */
	inbound: integer().notNull(),
	/** The full JID the server bound. */
	jid: text().notNull(),
});

/** Domains whose servers say how important a publish is (tigase:push:priority:0): what they do not tag is not. */
export const taggingDomains = sqliteTable("tagging_domains", {
	name: text("domain").primaryKey(),
	/** When one of its publishes was tagged, to the day. */
	at: integer("tagged_at").notNull(),
});

/** Endpoints that were relayed to (Push 2.0) and are gone: they are not asked again for a day. */
export const goneEndpoints = sqliteTable(
	"gone_endpoints",
	{
		/** A keyed hash: the relay keeps no endpoint. */
		name: text("hash").primaryKey(),
		at: integer("gone_at").notNull(),
	},
	(table) => [index("gone_endpoints_gone_at").on(table.at)],
);
