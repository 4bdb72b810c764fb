/**
 * What the console draws: the figures of each connector in each minute, kept for a week. What is older than a day is
 * folded into quarters of an hour: a week of a connector is 2,000 rows in place of 10,000.
 */
import { and, asc, eq, gt, gte, lt, or, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { history } from "../schema.ts";
import { type Figures, foldFigures } from "./figures.ts";
import { nextTurn } from "./turns.ts";

export { ANSWER_MS, type Figures, quantileOf } from "./figures.ts";

/** Figures of one connector. */
export interface Minute {
	/** Minutes since the epoch; of figures that were folded the first (`figures.minutes` says how many). */
	minute: number;
	/** By the id in its data folder. */
	connector: string;
	figures: Figures;
}

export interface History {
	/** Keeps the figures of a minute. Those that a connector wrote for it before, as when it was started anew, are added. */
	write(minute: number, connector: string, figures: Figures): Promise<void>;
	/**
	 * Reads in pieces what begins from one minute to another, both included.
	 * @returns in the order of the minutes
	 */
	read(from: number, to: number): Promise<Minute[]>;
	/** Folds what is older than a day, and removes what is older than a week, in pieces. */
	sweep(): Promise<void>;
}

const MINUTE_MS = 60_000;
const DAY = 24 * 60;
const KEPT = 7 * DAY;
/** Minutes of a step that is folded. */
export const FOLDED = 15;
/** Rows of one statement: each is some hundred bytes of JSON, parsed on the one thread. */
const PIECE = 250;

export function createHistory(db: LibSQLDatabase, now: () => number = Date.now): History {
	const { minute, connector } = history;
	/** What begins before it is folded, as far as is known here, minutes since the epoch. */
	let foldedTo = 0;

	const isOf = (its: number, whose: string) => and(eq(minute, its), eq(connector, whose));

	const minuteOf = (row: typeof history.$inferSelect): Minute => ({
		...row,
		figures: row.figures as Figures,
	});

	async function write(its: number, whose: string, figures: Figures): Promise<void> {
		const written = await insertMinute(db, { minute: its, connector: whose, figures });
		if (written.length > 0) return;
		const [before] = await db.select().from(history).where(isOf(its, whose));
		const all = before ? [minuteOf(before).figures, figures] : [figures];
		const { minutes: _, ...both } = foldFigures(all);
		await db.update(history).set({ figures: both }).where(isOf(its, whose));
	}

	/** Makes one row of those of each connector in a quarter of an hour. */
	async function fold(from: number): Promise<void> {
		const rows = await db
			.select()
			.from(history)
			.where(and(gte(minute, from), lt(minute, from + FOLDED)))
			.orderBy(asc(minute))
			.limit(FOLDED * PIECE);
		const byConnector = Map.groupBy(rows.map(minuteOf), (row) => row.connector);
		for (const [whose, its] of byConnector) {
			if (its.length === 1) continue;
			const figures = foldFigures(its.map((row) => row.figures));
			const former = and(eq(connector, whose), gte(minute, from), lt(minute, from + FOLDED));
			await db.batch([
				db.delete(history).where(former),
				db.insert(history).values({ minute: from, connector: whose, figures }),
			]);
			await nextTurn();
		}
	}

	async function foldOld(before: number): Promise<void> {
		const [first] = await db.select({ minute }).from(history).orderBy(asc(minute)).limit(1);
		if (!first) return;
		const begin = Math.max(foldedTo, first.minute);
		for (let from = begin - (begin % FOLDED); from + FOLDED <= before; from += FOLDED) {
			await fold(from);
			foldedTo = from + FOLDED;
			await nextTurn();
		}
	}

	async function removeOld(before: number): Promise<void> {
		const old = db.select({ id: sql`rowid` }).from(history).where(lt(minute, before)).limit(PIECE);
		for (;;) {
			const removed = await db.delete(history).where(sql`rowid in ${old}`).returning({ minute });
			if (removed.length < PIECE) return;
			await nextTurn();
		}
	}

	return {
		write,

		async read(from, to) {
			const all: Minute[] = [];
			let after: Minute | undefined;
			for (;;) {
				const beyond: ReturnType<typeof and> =
					after &&
					or(gt(minute, after.minute), and(eq(minute, after.minute), gt(connector, after.connector)));
				const rows = await db
					.select()
					.from(history)
					.where(and(gte(minute, after?.minute ?? from), lt(minute, to + 1), beyond))
					.orderBy(asc(minute), asc(connector))
					.limit(PIECE);
				all.push(...rows.map(minuteOf));
				if (rows.length < PIECE) return all;
				after = all.at(-1);
				await nextTurn();
			}
		},

		async sweep() {
			const at = Math.floor(now() / MINUTE_MS);
			await removeOld(at - KEPT);
			await foldOld(at - DAY);
		},
	};
}

/** The statement that keeps a minute. It returns nothing where the connector wrote it before. */
export const insertMinute = (db: LibSQLDatabase, { minute, connector, figures }: Minute) =>
	db
		.insert(history)
		.values({ minute, connector, figures })
		.onConflictDoNothing()
		.returning({ minute: history.minute });
