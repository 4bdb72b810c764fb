/**
 * Bars: owners and domains that the operator does not serve. Barring ends what they have, so that their publishes are
 * those to registrations that are gone, and from then on they may not register.
 */
import { and, desc, eq, gt, inArray, lte, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { consoleBounds } from "../../limits/bounds/console.ts";
import { bars, registrations } from "../schema.ts";
import { nextTurn } from "./turns.ts";
import { isOfWho, whosOf } from "./who.ts";

export interface Bar {
	/** A bare JID or a domain. */
	who: string;
	reason: string;
	/** When it was made, ms since the epoch. */
	at: number;
	/** How many registrations ended by it. */
	ended: number;
}

export interface Bars {
	/** The newest first. */
	list(): Promise<Bar[]>;
	/** What barring somebody would end, counted in pieces. `people`: how many owners. */
	count(who: string): Promise<{ registrations: number; people: number }>;
	/**
	 * Bars somebody, and ends what is registered, in pieces: some 2,000 a second. Of one that is barred already the reason
	 * stays, and what was registered since ends.
	 * @param who a bare JID or a domain, as `whoOf` returned it
	 * @throws {TooManyBars}
	 */
	add(who: string, reason: string): Promise<{ ended: number }>;
	/** @returns false: there was no such bar */
	lift(who: string): Promise<boolean>;
	/**
	 * Whether an owner, or the owner's domain, is barred: asked when registering and when publishing.
	 * @param owner a bare JID or a domain; nobody is barred as nobody
	 * @returns at once, as long as what was read is young enough. Where the database is away, or does not answer soon, it
	 *   is what was read last
	 */
	isBarred(owner: string): boolean | Promise<boolean>;
	/**
	 * The same as the database has it now: before something is ended, since another process may have lifted the bar.
	 * @throws when the database is away
	 */
	isStillBarred(owner: string): Promise<boolean>;
}

export class TooManyBars extends Error {
	override name = "TooManyBars";

	constructor() {
		super(`There are ${consoleBounds.bars.is} bars, which is the most: lift one first.`);
	}
}

const KNOWN_MS = consoleBounds.barsKnown.is * 1000;
/** From then on they are read again, while all go by what is known: nobody waits where somebody asks all the time. */
const REREAD_MS = KNOWN_MS / 2;
/** How long somebody waits for them: every publish would stand behind a database that does not answer, ms. */
const PATIENCE_MS = consoleBounds.barsPatience.is;
/** Between two pieces that end: each registration's server is told, beside the answers to everybody's publishes, ms. */
const PAUSE_MS = 50;
/** Rows of one statement. */
const SLICE = 2_500;

const { owner } = registrations;

export interface BarsDeps {
	/** Ends some of what an owner or a domain has, and tells of it. @returns how many; 0: there are none left */
	endSome(who: string): Promise<number>;
	now?: () => number;
	pause?: (ms: number) => Promise<void>;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** @param db the primary: a bar must be seen by all */
export function createBars(db: LibSQLDatabase, { endSome, now = Date.now, pause = wait }: BarsDeps): Bars {
	let known: ReadonlySet<string> = new Set();
	/** When what is known was read, or was waited for in vain. */
	let readAt = Number.NEGATIVE_INFINITY;
	let reading: Promise<void> | undefined;
	/** How often bars were made and lifted here: what was being read meanwhile may not have it. */
	let changes = 0;

	async function read(): Promise<void> {
		try {
			const before = changes;
			const rows = await db.select({ who: bars.who }).from(bars).limit(consoleBounds.bars.is);
			if (changes === before) known = new Set(rows.map(({ who }) => who));
		} catch {
			// Away: those that were known stay.
		} finally {
			readAt = now();
			reading = undefined;
		}
	}

	async function soon(its: Promise<void>): Promise<void> {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const patience = new Promise<void>((resolve) => {
			timer = setTimeout(() => {
				// The others go on by what is known, as if the database were away.
				readAt = now();
				resolve();
			}, PATIENCE_MS);
		});
		await Promise.race([its, patience]);
		clearTimeout(timer);
	}

	const isKnown = (whose: string) =>
		known.size > 0 && whose !== "" && whosOf(whose).some((who) => known.has(who));

	function forget(gone: readonly string[]) {
		changes++;
		known = new Set([...known].filter((one) => !gone.includes(one)));
	}

	return {
		async list() {
			const rows = await db
				.select()
				.from(bars)
				.orderBy(desc(bars.madeAt), bars.who)
				.limit(consoleBounds.bars.is);
			return rows.map(({ madeAt, ...bar }) => ({ ...bar, at: madeAt }));
		},

		async count(who) {
			let [all, people, after] = [0, 0, ""];
			for (;;) {
				const last = await lastOfSlice(db, who, after);
				if (last === null) return { registrations: all, people };
				const [row] = await db
					.select({ all: sql<number>`count(*)`, people: sql<number>`count(distinct ${owner})` })
					.from(registrations)
					.where(and(isOfWho(who), gt(owner, after), lte(owner, last)));
				all += row?.all ?? 0;
				people += row?.people ?? 0;
				after = last;
				await nextTurn();
			}
		},

		async add(who, reason) {
			const made = await db.all(
				sql`INSERT INTO bars (who, reason, made_at)
					SELECT ${who}, ${reason.slice(0, consoleBounds.eventText.is)}, ${now()}
					WHERE (SELECT count(*) FROM bars) < ${consoleBounds.bars.is}
						OR EXISTS (SELECT 1 FROM bars WHERE who = ${who})
					ON CONFLICT (who) DO UPDATE SET who = excluded.who RETURNING who`,
			);
			if (made.length === 0) throw new TooManyBars();
			changes++;
			known = new Set([...known, who]);
			let ended = 0;
			for (;;) {
				const some = await endSome(who);
				if (some === 0) break;
				ended += some;
				await pause(PAUSE_MS);
			}
			if (ended > 0)
				await db
					.update(bars)
					.set({ ended: sql`${bars.ended} + ${ended}` })
					.where(eq(bars.who, who));
			return { ended };
		},

		async lift(who) {
			const lifted = await db.delete(bars).where(eq(bars.who, who)).returning({ who: bars.who });
			forget([who]);
			return lifted.length > 0;
		},

		isBarred(whose) {
			const age = Math.abs(now() - readAt);
			if (age < REREAD_MS) return isKnown(whose);
			reading ??= read();
			return age < KNOWN_MS ? isKnown(whose) : soon(reading).then(() => isKnown(whose));
		},

		async isStillBarred(whose) {
			if (whose === "") return false;
			const whos = whosOf(whose);
			const [bar] = await db.select({ who: bars.who }).from(bars).where(inArray(bars.who, whos)).limit(1);
			if (!bar) forget(whos);
			return bar !== undefined;
		},
	};
}

/** The last owner of the next registrations of somebody, in the order of owners; null: there are no more. */
async function lastOfSlice(db: LibSQLDatabase, who: string, after: string): Promise<string | null> {
	const next = db
		.select({ owner })
		.from(registrations)
		.where(and(isOfWho(who), gt(owner, after)))
		.orderBy(owner)
		.limit(SLICE)
		.as("next");
	const [row] = await db.select({ last: sql<string | null>`max(${next.owner})` }).from(next);
	return row?.last ?? null;
}
