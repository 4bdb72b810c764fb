/**
 * Finds registrations for the operator: by the beginning of an owner's JID, of its domain, of a node or of a device's
 * name, by app, and by the host of the endpoint. A page begins where the one before it ended, in the order of an index,
 * so that none costs more than another; and no statement looks at more than a slice, since one on a file blocks the
 * event loop.
 */
import { and, asc, desc, eq, isNotNull, not, or, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import * as base64url from "jose/base64url";
import { consoleBounds } from "../../limits/bounds/console.ts";
import type { Registration } from "../../types.ts";
import { asJson, asJsonArray, parsed, rowOf } from "../json-rows.ts";
import { type Row, toRegistration } from "../registrations/row.ts";
import { registrations } from "../schema.ts";
import { nextTurn } from "./turns.ts";
import { hasOwner, ownersDomain } from "./who.ts";

export interface Wanted {
	/** A beginning of a bare JID, a domain, a node or a device's name. */
	begins?: string | undefined;
	app?: string | undefined;
	/** The host of the push service's URL, or its beginning. */
	host?: string | undefined;
	/** `next` of the page before; what cannot be read begins anew. */
	after?: string | undefined;
}

export interface Search {
	/**
	 * Finds a page of registrations. Where few fit among many it may find less than `limit`, or nothing, and say where to
	 * go on: what one call looks at is bounded.
	 * @returns next: missing where there are no more
	 */
	find(wanted: Wanted, limit: number): Promise<{ rows: Registration[]; next?: string }>;
}

/** Rows of one statement: some milliseconds where each is looked up. */
const SLICE = 1_000;
/** So many rows are few: a search goes through all of them. */
const FEW = 2_000;

type Key = string | number;

/** Registrations in the order of an index. */
interface Source {
	/** By what they are ordered; no two rows have all of them in common. */
	keys: readonly SQL[];
	/** Which part of the index. */
	among: SQL | undefined;
	/** Backwards. */
	isNewestFirst?: true;
}

/** What is wanted, each by an index: rows that are in any of its sources. */
interface Wish {
	sources: readonly Source[];
}

/** Where a page ended: in the index of which wish, in which of its sources, and behind which keys. */
interface Position {
	wish: number;
	source: number;
	keys?: readonly Key[] | undefined;
}

const { node, owner, app, device, deviceName, token } = registrations;
const rowid = sql<number>`${registrations}."rowid"`;
const nameKey = sql`${deviceName} COLLATE NOCASE`;

/** No character comes after it: what begins with a text is from the text to the text and this. */
const LAST = "\u{10FFFF}";
const within = (key: SQLWrapper, begin: string): SQL =>
	sql`(${key} >= ${begin} and ${key} < ${begin + LAST})`;

/** @param db a replica nearby, or the primary */
export function createSearch(db: LibSQLDatabase): Search {
	const row = asJson(registrations);
	const readRow = rowOf(registrations);

	/** The keys of the last row of the next slice; undefined: there are fewer. */
	async function endOfSlice({ keys, order, where }: Stage): Promise<Key[] | undefined> {
		const [end] = await db
			.select({ keys: asArray(keys) })
			.from(registrations)
			.where(where)
			.orderBy(...order)
			.limit(1)
			.offset(SLICE - 1);
		return end && (parsed(end.keys) as Key[]);
	}

	/** The next rows, all of which fit. */
	async function nextRows({ keys, order, where }: Stage, limit: number): Promise<Found[]> {
		const found = await db
			.select({ keys: asArray(keys), row })
			.from(registrations)
			.where(where)
			.orderBy(...order)
			.limit(limit);
		return found.map((one) => ({ keys: parsed(one.keys) as Key[], row: one.row }));
	}

	/** Those of the next slice that fit. */
	async function fittingRows({ keys, order, where }: Stage, fits: SQL, limit: number): Promise<Found[]> {
		const next = sql`select ${rowid} as position from ${registrations} where ${where}
			order by ${sql.join([...order], sql`, `)} limit ${SLICE}`;
		// A cross join is made in the order that it is written in: the slice first.
		const found = await db.all<{ keys: string; row: string }>(sql`
			select ${asArray(keys)} as keys, ${asJsonArray(registrations)} as row
			from (${next}) as slice cross join ${registrations} on ${rowid} = slice.position
			where ${fits} order by ${sql.join([...order], sql`, `)} limit ${limit}`);
		return found.map((one) => ({ keys: parsed(one.keys) as Key[], row: readRow(parsed(one.row)) }));
	}

	/** How many rows a wish has, counted no further than {@link FEW} in each of its sources. */
	async function fewOf({ sources }: Wish): Promise<number> {
		let all = 0;
		for (const { among } of sources) {
			const some = db
				.select({ one: sql`1`.as("one") })
				.from(registrations)
				.where(among)
				.limit(FEW)
				.as("some");
			const [row] = await db.select({ count: sql<number>`count(*)` }).from(some);
			all += row?.count ?? 0;
		}
		return all;
	}

	/** Of several wishes the one that has the fewest rows: the others are looked at in each of them. */
	async function fewest(wishes: readonly Wish[]): Promise<number> {
		if (wishes.length === 1) return 0;
		const counts = [];
		for (const wish of wishes) counts.push(await fewOf(wish));
		return counts.indexOf(Math.min(...counts));
	}

	return {
		async find(wanted, limit) {
			const wishes = wishesOf(wanted);
			let at = positionOf(wanted.after, wishes) ?? { wish: await fewest(wishes), source: 0 };
			const { sources = [] } = wishes[at.wish] ?? {};
			const fits = and(...wishes.filter((_, number) => number !== at.wish).map(isOfWish));
			const rows: Registration[] = [];
			for (let looked = 0; looked < consoleBounds.lookedAt.is; looked += SLICE) {
				const source = sources[at.source];
				if (!source) return { rows };
				const earlier = sources.slice(0, at.source).map(({ among }) => among && not(among));
				const filter = and(fits, ...earlier);
				const stage = stageOf(source, at.keys);
				const missing = limit - rows.length;
				const found = filter
					? await fittingRows(stage, filter, missing + 1)
					: await nextRows(stage, missing + 1);
				const page = found.slice(0, missing);
				rows.push(...page.map((one) => toRegistration(one.row)));
				if (found.length > missing)
					return { rows, next: textOf({ ...at, keys: page.at(-1)?.keys ?? at.keys }) };
				const end = filter && (await endOfSlice(stage));
				at = end ? { ...at, keys: end } : behindStage(at);
				await nextTurn();
			}
			return { rows, next: textOf(at) };
		},
	};
}

interface Found {
	keys: Key[];
	row: Row;
}

/** What follows a position in one part of an index, in its order. */
interface Stage {
	/** All keys of a row. */
	keys: readonly SQL[];
	order: readonly SQL[];
	where: SQL | undefined;
}

const asArray = (keys: readonly SQL[]) => sql<string>`json_array(${sql.join([...keys], sql`, `)})`;

/**
 * What is behind some keys is found in stages: first what has all but the last of them in common, then what has all but
 * the last two, and so on. Each is one range of the index; of a comparison of all at once SQLite uses the first alone.
 */
function stageOf({ keys, among, isNewestFirst }: Source, behind: readonly Key[] | undefined): Stage {
	const direction = isNewestFirst ? desc : asc;
	if (!behind) return { keys, order: keys.map(direction), where: among };
	const last = behind.length - 1;
	const beyond = keys.slice(0, last + 1).map((key, at) => {
		const value = behind[at];
		if (at < last) return sql`${key} = ${value}`;
		return isNewestFirst ? sql`${key} < ${value}` : sql`${key} > ${value}`;
	});
	return { keys, order: keys.slice(last).map(direction), where: and(among, ...beyond) };
}

/** Where to go on when a stage has no more. */
function behindStage({ wish, source, keys = [] }: Position): Position {
	return keys.length > 1 ? { wish, source, keys: keys.slice(0, -1) } : { wish, source: source + 1 };
}

/** What is wanted; at least one wish. */
function wishesOf({ begins = "", app: itsApp = "", host = "" }: Wanted): Wish[] {
	const [begin, name, its] = [bounded(begins), bounded(itsApp), bounded(host).toLowerCase()];
	const wishes: Wish[] = [];
	if (begin !== "") wishes.push({ sources: beginning(begin) });
	if (its !== "")
		wishes.push({
			sources: SCHEMES.map((scheme) => ({
				keys: [sql`${token}`, rowid],
				among: within(token, scheme + its),
			})),
		});
	if (name !== "") wishes.push({ sources: [{ keys: [rowid], among: eq(app, name), isNewestFirst: true }] });
	const all: Wish = { sources: [{ keys: [rowid], among: undefined, isNewestFirst: true }] };
	return wishes.length > 0 ? wishes : [all];
}

const isOfWish = ({ sources }: Wish) => or(...sources.map(({ among }) => among));

const SCHEMES = ["https://", "http://"];

/** Those that begin with a text: an owner, its domain, a node, a name. */
function beginning(text: string): Source[] {
	const jid = text.toLowerCase();
	const unordered: Source[] = [
		{ keys: [sql`${owner}`, sql`${app}`, sql`${device}`], among: within(owner, jid) },
		{ keys: [ownersDomain, sql`${owner}`, rowid], among: and(hasOwner, within(ownersDomain, jid)) },
		{ keys: [sql`${node}`], among: within(node, text) },
		{ keys: [nameKey, rowid], among: and(isNotNull(deviceName), within(nameKey, text)) },
	];
	// No domain has it.
	return jid.includes("@") ? unordered.filter(({ keys }) => keys[0] !== ownersDomain) : unordered;
}

const bounded = (text: string) => text.trim().slice(0, consoleBounds.searched.is).toWellFormed();

const textOf = ({ wish, source, keys }: Position) =>
	base64url.encode(new TextEncoder().encode(JSON.stringify([wish, source, keys ?? null])));

/** @returns undefined: there is none, or a text that neither this process nor another one made */
function positionOf(text: string | undefined, wishes: readonly Wish[]): Position | undefined {
	if (text === undefined || text.length > LONGEST_POSITION) return undefined;
	try {
		const read: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(text)));
		if (!Array.isArray(read)) return undefined;
		const [wish, source, keys] = read as unknown[];
		if (typeof wish !== "number" || typeof source !== "number") return undefined;
		const its = wishes[wish]?.sources[source];
		if (!its) return undefined;
		if (keys === null) return { wish, source };
		const isFit =
			Array.isArray(keys) && keys.length > 0 && keys.length <= its.keys.length && keys.every(isKey);
		return isFit ? { wish, source, keys: keys as Key[] } : undefined;
	} catch {
		return undefined;
	}
}

const isKey = (key: unknown) => typeof key === "string" || Number.isSafeInteger(key);

/** The longest keys, in base64url. */
const LONGEST_POSITION = 8_192;
