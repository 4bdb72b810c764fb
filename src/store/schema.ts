import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Dialect, Enabling } from "../types.ts";

/*
 * The shared database. Changes expand first and contract a release later: an old edge worker must be able to
 * work with the new schema. Times are milliseconds since the epoch.
 */

/** The devices that can be woken. */
export const registrations = sqliteTable(
	"registrations",
	{
		node: text().primaryKey(),
		owner: text().notNull().default(""),
		app: text().notNull(),
		device: text().notNull(),
		deviceName: text("device_name"),
		/** The JID that the owner's server was told to publish to. */
		jid: text(),
		dialect: text().$type<Dialect>(),
		/** Which classes of pushes its app asks for, with blanks between; null: it does not say (row.ts). */
		classes: text(),
		/** p2: the room that it is for. */
		muc: text(),
		token: text().notNull(),
		/** APNs: the token of the PushKit channel. */
		voipToken: text("voip_token"),
		/** Ubuntu: which application of the phone. */
		applicationId: text("application_id"),
		p256dh: text(),
		auth: text(),
		/** Declarative Web Push (`Device.title`). */
		title: text(),
		navigate: text(),
		/** The host of a token that is a URL: quotas and limits count by it. */
		host: text(),
		/** A keyed hash of the client address that registered over HTTP: quotas count by it, nobody reads it. */
		address: text(),
		/** Who counts as one behind it (`Registration.party`). */
		party: text(),
		/** The invite that let it in. */
		invite: text(),
		registeredAt: integer("registered_at").notNull(),
		renewedAt: integer("renewed_at").notNull(),
		lastSuccessAt: integer("last_success_at"),
		lastErrorAt: integer("last_error_at"),
		lastError: text("last_error"),
	},
	(table) => [
		uniqueIndex("registrations_device").on(table.owner, table.app, table.device),
		index("registrations_token").on(table.token),
		index("registrations_host_party").on(table.host, table.party),
		// Those that may make room at a full host, the oldest first.
		index("registrations_tried")
			.on(table.host, table.renewedAt)
			.where(sql`last_error_at is not null and last_success_at is null and host is not null`),
		index("registrations_address").on(table.address),
		index("registrations_party").on(table.party),
		// What the console searches by (console/search.ts): the owner's domain, and a name whatever its case. drizzle-kit
		// takes the commas of an expression apart: its SQL is mended by hand.
		index("registrations_domain")
			.on(sql`substr("owner", instr("owner", '@') + 1)`, table.owner)
			.where(sql`owner <> ''`),
		index("registrations_device_name")
			.on(sql`"device_name" COLLATE NOCASE`)
			.where(sql`device_name is not null`),
		index("registrations_app").on(table.app),
	],
);

/**
 * Secrets that another app server gave out, as hashes: an imported registration's own, until its server publishes
 * with the one derived here.
 */
export const formerSecrets = sqliteTable("former_secrets", {
	node: text().primaryKey(),
	hash: text().notNull(),
});

/** Our nodes at pubsub hosts. One that is ready and that nobody claimed waits for the next registration. */
export const pubsubNodes = sqliteTable(
	"pubsub_nodes",
	{
		node: text().primaryKey(),
		host: text().notNull(),
		/** When the host had it, with our subscription; null: it is being made. */
		readyAt: integer("ready_at"),
		/** When a registration took it; one that is claimed and has no registration any more is to be deleted. */
		claimedAt: integer("claimed_at"),
	},
	(table) => [index("pubsub_nodes_host").on(table.host, table.claimedAt, table.readyAt)],
);

/** Pushes that an HTTP process took in and a connector sends: claimed by lease. */
export const handover = sqliteTable(
	"handover",
	{
		id: text().primaryKey(),
		node: text().notNull(),
		notification: text({ mode: "json" }).notNull(),
		createdAt: integer("created_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
		claimedBy: text("claimed_by"),
		claimedUntil: integer("claimed_until").notNull().default(0),
	},
	(table) => [index("handover_claimed_until").on(table.claimedUntil)],
);

/**
 * UnifiedPush: what apps' servers sent and no device has answered for yet. Whoever sends one claims it by lease, as with
 * the hand-over table.
 */
export const unifiedPushMessages = sqliteTable(
	"unifiedpush_messages",
	{
		/** Grows: the order in which they came. */
		id: integer().primaryKey({ autoIncrement: true }),
		/** The registration's. */
		node: text().notNull(),
		/** Who counts as one behind it (`Registration.party`). */
		party: text().notNull(),
		/** RFC 8030 §5.4: a newer one with the same replaces it. */
		topic: text(),
		/** Of the body. */
		bytes: integer().notNull(),
		expiresAt: integer("expires_at").notNull(),
		/** When it is tried next by itself; a device that comes online gets it before. */
		dueAt: integer("due_at").notNull(),
		tries: integer().notNull().default(0),
		claimedBy: text("claimed_by"),
		claimedUntil: integer("claimed_until").notNull().default(0),
		/** base64, as it goes out. */
		body: text().notNull(),
	},
	(table) => [
		index("unifiedpush_messages_node").on(table.node),
		index("unifiedpush_messages_due_at").on(table.dueAt),
		index("unifiedpush_messages_party").on(table.party, table.bytes),
	],
);

/**
 * Push that we enable at an owner's own server (XEP-0356). A row is written before its registration, and outlives it until
 * the server was told: so whatever ends the one, and whenever, the other is found.
 */
export const enablings = sqliteTable(
	"enablings",
	{
		/** As the server is given it. */
		node: text().primaryKey(),
		owner: text().notNull(),
		/** The owner's. */
		domain: text().notNull(),
		/** Our address there. */
		jid: text().notNull(),
		state: text().$type<Enabling["state"]>().notNull(),
		reason: text(),
		since: integer().notNull(),
		/** Since when it is tried, and how often it was in vain. */
		triedSince: integer("tried_since").notNull(),
		tries: integer().notNull().default(0),
		/** When to try next; null: there is nothing to do. */
		dueAt: integer("due_at"),
	},
	(table) => [
		index("enablings_due").on(table.domain, table.dueAt).where(sql`due_at is not null`),
		index("enablings_owner").on(table.owner),
	],
);

/**
 * Which connector holds an account's address, and what it takes for the next one to resume its stream (XEP-0198).
 * Those who stand by watch the beat.
 */
export const streamLeases = sqliteTable("stream_leases", {
	/** A full JID. */
	address: text().primaryKey(),
	/** A connector, by the id in its data folder. */
	holder: text().notNull(),
	/** Grows every few seconds while the holder lives; 0: it left. */
	beat: integer().notNull(),
	/** The SM-ID of a stream that can be resumed; null: there is none. */
	id: text(),
	/** How many of its stanzas were handled. */
	inbound: integer().notNull().default(0),
});

/** What registering over HTTP asks for, as hashes. Rows stay when they ended: a file of an ended one revives nothing. */
export const registrationTokens = sqliteTable("registration_tokens", {
	/** SHA-256 of the token, hexadecimal. */
	hash: text().primaryKey(),
	madeAt: integer("made_at").notNull(),
	/** From when on it is refused; null: a newer one was not made yet. */
	endsAt: integer("ends_at"),
});

/** Leave to register, for people whom XMPP_ALLOW and the registration token do not let in. */
export const invites = sqliteTable(
	"invites",
	{
		/** What it is called by: it opens nothing. */
		id: text().primaryKey(),
		/** For the operator. */
		name: text(),
		/** {@link hashOfInvite} of the link's secret, and of the code. */
		linkHash: text("link_hash").notNull(),
		codeHash: text("code_hash").notNull(),
		/** The bare JID, or the domain, that it is for; null: for anybody. */
		onlyFor: text("only_for"),
		/** How many registrations it lets in, and how many it did. */
		uses: integer().notNull(),
		used: integer().notNull().default(0),
		madeAt: integer("made_at").notNull(),
		endsAt: integer("ends_at").notNull(),
		revokedAt: integer("revoked_at"),
	},
	(table) => [
		uniqueIndex("invites_link_hash").on(table.linkHash),
		uniqueIndex("invites_code_hash").on(table.codeHash),
	],
);

/** Counted per day (days since the epoch), app and outcome; flushed in batches. */
export const statistics = sqliteTable(
	"statistics",
	{
		day: integer().notNull(),
		app: text().notNull(),
		outcome: text().notNull(),
		count: integer().notNull(),
	},
	(table) => [primaryKey({ columns: [table.day, table.app, table.outcome] })],
);

/**
 * What the console draws: the numbers of one connector in one minute. Kept for a week; what is older than a day is folded
 * into steps of a quarter of an hour (console/history.ts).
 */
export const history = sqliteTable(
	"history",
	{
		/** Minutes since the epoch. Of a quarter of an hour its first. */
		minute: integer().notNull(),
		/** By the id in its data folder. */
		connector: text().notNull(),
		/** Its numbers, as JSON (history.ts). */
		figures: text({ mode: "json" }).notNull(),
	},
	(table) => [primaryKey({ columns: [table.minute, table.connector] })],
);

/** What happened to registrations and pushes, for the operator: kept for 30 days, and no more than a bound. */
export const events = sqliteTable(
	"events",
	{
		id: integer().primaryKey({ autoIncrement: true }),
		at: integer().notNull(),
		kind: text().notNull(),
		node: text(),
		owner: text(),
		app: text(),
		reason: text().notNull(),
		decider: text().notNull(),
		/** By name: a push service, a host. */
		decidedBy: text("decided_by").notNull(),
		/** How often: one row stands for many of a kind where each for itself would be too many. */
		count: integer().notNull().default(1),
		/** Strangers can bring about any number of these: they go first, and push out nothing else. */
		isStrangers: integer("is_strangers", { mode: "boolean" }).notNull().default(false),
	},
	(table) => [
		index("events_node").on(table.node),
		index("events_owner").on(table.owner),
		index("events_kind").on(table.kind),
		index("events_is_strangers").on(table.isStrangers),
	],
);

/** Owners and domains that the operator does not serve. */
export const bars = sqliteTable("bars", {
	/** A bare JID or a domain. */
	who: text().primaryKey(),
	reason: text().notNull(),
	madeAt: integer("made_at").notNull(),
	/** How many registrations ended by it. */
	ended: integer().notNull().default(0),
});

/** Facts about this database, such as the fingerprint of the key its secrets are derived from. */
export const facts = sqliteTable("facts", {
	name: text().primaryKey(),
	value: text().notNull(),
});
