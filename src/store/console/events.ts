/**
 * What happened to registrations, pushes and gates, and who decided: an operator learns from it why somebody gets no
 * pushes, also when the registration is gone. Owners and nodes are whole here, and in no log.
 */
import { and, desc, eq, gt, gte, lt, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { consoleBounds } from "../../limits/bounds/console.ts";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { present } from "../../syntax/present-fields.ts";
import type { Decider, EventKind } from "../../types.ts";
import { toJson } from "../json-rows.ts";
import { events } from "../schema.ts";
import { OTHER_REASONS } from "./figures.ts";
import { nextTurn } from "./turns.ts";

export interface Happened {
	/** Ms since the epoch. */
	at: number;
	kind: EventKind;
	node?: string;
	/** A bare JID; missing: it registered over HTTP, or nobody knows. */
	owner?: string;
	app?: string;
	reason: string;
	decider: Decider;
	/** By name: a push service, a host. */
	decidedBy: string;
	/** How often, where one stands for many; missing: once. */
	count?: number;
	/** Strangers can bring about any number of these: it is removed before others are. */
	isStrangers?: boolean;
}

/** An event as it is kept. */
export interface KeptEvent extends Happened {
	/** Later ones have greater numbers. */
	id: string;
	count: number;
	isStrangers: boolean;
}

export interface FindKept {
	kind?: EventKind | undefined;
	/** Found in owner, node, app, reason and who decided, whatever its case. */
	text?: string | undefined;
	/** Decided by this one alone: what is typed may stand in any field, and strangers choose some of them. */
	decidedBy?: string | undefined;
	/** `next` of the page before. */
	before?: string | undefined;
	/** Only those that came after the one with this id. */
	since?: string | undefined;
	limit: number;
}

export interface TodaysCount {
	app: string;
	kind: EventKind;
	reason: string;
	count: number;
}

export interface Events {
	/** Keeps what happened, in its order. */
	write(batch: readonly Happened[]): Promise<void>;
	/**
	 * The newest first. Where few fit among many it may find less than `limit`, or nothing, and say where to go on.
	 * @returns next: missing where there are no more
	 */
	list(wanted: FindKept): Promise<{ events: KeptEvent[]; next?: string }>;
	/** The newest of one registration, or of one owner. @param kind of this kind alone */
	about(whom: { node: string } | { owner: string }, limit: number, kind?: EventKind): Promise<KeptEvent[]>;
	/** What happened since midnight UTC, the most frequent first. */
	countToday(): Promise<TodaysCount[]>;
	/** How far back they go, ms since the epoch; undefined: there are none. */
	from(): Promise<number | undefined>;
	/** Removes in pieces what is too old or too much. */
	sweep(): Promise<void>;
}

const DAY_MS = 86_400_000;
const KEPT_MS = 30 * DAY_MS;
/** Rows of one statement that looks, and of one that writes or removes. */
const SLICE = 2_500;
const PIECE = 250;
/** Reasons that are counted each for itself. */
const REASONS = 200;

const LONGEST_NODE = registrationBounds.importedNode.is;
const LONGEST_OWNER = registrationBounds.jid.is;
const LONGEST_TEXT = consoleBounds.eventText.is;

const { id, at, kind, app, reason, count } = events;

export function createEvents(db: LibSQLDatabase, now: () => number = Date.now): Events {
	async function newest(where: SQL | undefined, limit: number) {
		const rows = await db.select().from(events).where(where).orderBy(desc(id)).limit(limit);
		return rows.map(toKept);
	}

	async function list({ kind: wanted, text = "", decidedBy: by, before, since, limit }: FindKept) {
		const from = idOf(since);
		const among = and(wanted && eq(kind, wanted), from === undefined ? undefined : gt(id, from));
		const fits = and(
			text === "" ? undefined : hasText(text),
			by === undefined ? undefined : eq(events.decidedBy, by),
		);
		const found: KeptEvent[] = [];
		let to = idOf(before);
		for (let looked = 0; looked < consoleBounds.eventsLookedAt.is; looked += SLICE) {
			const rest = and(among, to === undefined ? undefined : lt(id, to));
			const end = fits && (await endOfSlice(db, rest));
			const slice = end === undefined ? rest : and(rest, gte(id, end));
			const rows = await newest(and(slice, fits), limit - found.length + 1);
			found.push(...rows);
			const last = found[limit - 1];
			if (found.length > limit && last) return { events: found.slice(0, limit), next: last.id };
			if (end === undefined) return { events: found };
			to = end;
			await nextTurn();
		}
		return { events: found, ...(to !== undefined && { next: String(to) }) };
	}

	async function removePieces(piece: SQL): Promise<void> {
		for (;;) {
			const removed = await db.delete(events).where(sql`${id} in (${piece})`).returning({ id });
			if (removed.length < PIECE) return;
			await nextTurn();
		}
	}

	/** Of strangers', or of the others: so many stay. */
	async function keepNewest(strangers: boolean, most: number): Promise<void> {
		const its = eq(events.isStrangers, strangers);
		const [first] = await db.select({ id }).from(events).where(its).orderBy(desc(id)).limit(1).offset(most);
		if (!first) return;
		await removePieces(
			sql`select ${id} from ${events} where ${its} and ${id} <= ${first.id} order by ${id} limit ${PIECE}`,
		);
	}

	return {
		async write(batch) {
			for (let from = 0; from < batch.length; from += PIECE) {
				if (from > 0) await nextTurn();
				await insertEvents(db, batch.slice(from, from + PIECE));
			}
		},

		list,

		about(whom, limit, its) {
			const isAbout = "node" in whom ? eq(events.node, whom.node) : eq(events.owner, whom.owner);
			// The plus keeps SQLite to the index of whom it is about: of a kind there are many.
			return newest(its === undefined ? isAbout : and(isAbout, sql`+${kind} = ${its}`), limit);
		},

		countToday: () => countSince(db, now() - (now() % DAY_MS)),

		async from() {
			const [first] = await db.select({ at }).from(events).orderBy(id).limit(1);
			return first?.at;
		},

		async sweep() {
			// From the oldest on: they came about nearly in the order of their numbers.
			const oldest = sql`select ${id}, ${at} from ${events} order by ${id} limit ${PIECE}`;
			await removePieces(
				sql`select ${sql.raw("id")} from (${oldest}) where ${sql.raw("at")} < ${now() - KEPT_MS}`,
			);
			await keepNewest(true, consoleBounds.strangersEvents.is);
			await keepNewest(false, consoleBounds.events.is);
		},
	};
}

/** The id of the last of the next rows, in the order that they are listed in; undefined: there are fewer. */
async function endOfSlice(db: LibSQLDatabase, where: SQL | undefined): Promise<number | undefined> {
	const [row] = await db
		.select({ id })
		.from(events)
		.where(where)
		.orderBy(desc(id))
		.limit(1)
		.offset(SLICE - 1);
	return row?.id;
}

/** Counts in slices, from the newest back. @param begin ms since the epoch */
async function countSince(db: LibSQLDatabase, begin: number): Promise<TodaysCount[]> {
	const counts = new Map<string, TodaysCount>();
	let to: number | undefined;
	for (;;) {
		const rest = to === undefined ? undefined : lt(id, to);
		const end = await endOfSlice(db, rest);
		const slice = and(rest, end === undefined ? undefined : gte(id, end));
		const rows = await db
			.select({ app, kind, reason, count: sql<number>`sum(${count})` })
			.from(events)
			.where(and(slice, gte(at, begin)))
			.groupBy(app, kind, reason);
		for (const row of rows) addTo(counts, { ...row, app: row.app ?? "", kind: row.kind as EventKind });
		// They come about in their order: before a slice of which nothing is younger nothing is.
		if (end === undefined || rows.length === 0) break;
		to = end;
		await nextTurn();
	}
	return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** The statement that keeps events. */
export function insertEvents(db: LibSQLDatabase, batch: readonly Happened[]) {
	const rows = batch.map((one) => ({
		...one,
		node: one.node?.slice(0, LONGEST_NODE),
		owner: one.owner?.slice(0, LONGEST_OWNER),
		reason: one.reason.slice(0, LONGEST_TEXT),
		decidedBy: one.decidedBy.slice(0, LONGEST_TEXT),
		count: one.count ?? 1,
		isStrangers: one.isStrangers ? 1 : 0,
	}));
	const value = (name: keyof Happened) => sql.raw(`value ->> '${name}'`);
	const values = COLUMNS.map(value);
	return db.run(sql`
		INSERT INTO events (at, kind, node, owner, app, reason, decider, decided_by, count, is_strangers)
		SELECT ${sql.join(values, sql`, `)} FROM json_each(${toJson(rows)})`);
}

/** In the order of the statement. */
const COLUMNS = [
	"at",
	"kind",
	"node",
	"owner",
	"app",
	"reason",
	"decider",
	"decidedBy",
	"count",
	"isStrangers",
] as const satisfies (keyof Happened)[];

function toKept(row: typeof events.$inferSelect): KeptEvent {
	const { id: number, kind: itsKind, decider, ...rest } = row;
	return {
		...present(rest),
		id: String(number),
		kind: itsKind as EventKind,
		decider: decider as Decider,
	};
}

/** @returns undefined: it is none */
function idOf(text: string | undefined): number | undefined {
	return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Literally: `%` and `_` are themselves. SQLite knows the case of the letters from A to Z alone. */
function hasText(text: string): SQL {
	const wanted = text
		.slice(0, consoleBounds.searched.is)
		.toWellFormed()
		.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
	const { owner, node, app, reason, decidedBy } = events;
	const all = [owner, node, app, reason, decidedBy].map((column) => sql`coalesce(${column}, '')`);
	return sql`instr(lower(${sql.join(all, sql` || char(10) || `)}), ${wanted}) > 0`;
}

function addTo(counts: Map<string, TodaysCount>, row: TodaysCount): void {
	const name = `${row.app}\0${row.kind}\0${row.reason}`;
	const known = counts.get(name);
	if (known) known.count += row.count;
	else if (counts.size < REASONS || row.reason === OTHER_REASONS) counts.set(name, row);
	else addTo(counts, { ...row, reason: OTHER_REASONS });
}
