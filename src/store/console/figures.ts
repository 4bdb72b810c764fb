/** The numbers of one connector in a minute, or in several minutes that were folded into one. */
import { consoleBounds } from "../../limits/bounds/console.ts";
import type { Fate } from "../../types.ts";

export interface ShutGate {
	/** The app, and behind a blank the origin where a client chose it. */
	name: string;
	app: string;
	/** Since when, ms since the epoch. */
	since: number;
	/** When it is tried next, ms since the epoch; missing: with the next push. */
	until?: number;
	why: string;
	/** Our credentials shut it: somebody must mend them. */
	isOurs?: true;
}

/** Durations and ages are ms. */
export interface Figures {
	/** What people know the machine by. */
	host: string;
	/** By app. */
	pushes: Record<string, Partial<Record<Fate, number>>>;
	/** The most frequent first. */
	reasons?: [app: string, fate: Fate, reason: string, count: number][];
	/** Publishes that came in over XMPP. */
	publishes: number;
	/** How many answers took how long: counts in the buckets of {@link ANSWER_MS}, the last one for what took longer. */
	answers: number[];
	/** Pushes in the outbox at its end, and for how long the oldest of them had been due. */
	waiting: number;
	oldestDueMs: number;
	/** Since when each address is ours, ms since the epoch; 0: it is not. */
	addresses: Record<string, number>;
	/** Gates that were shut at its end. */
	shut: ShutGate[];
	/** Missing: it reads the primary. */
	replicaAgeMs?: number;
	/** Why it is not online. */
	note?: string;
	/** Of how many minutes these are; missing: of one. */
	minutes?: number;
}

/** The upper ends of the buckets of answers, ms. */
export const ANSWER_MS = [
	0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000,
	10_000, 15_000, 30_000,
] as const;

/** In place of the reasons that are not told by their names. */
export const OTHER_REASONS = "other reasons";

export const noAnswers = (): number[] => new Array(ANSWER_MS.length + 1).fill(0);

/** The bucket of an answer that took so long. */
export function bucketOf(ms: number): number {
	let low = 0;
	let high: number = ANSWER_MS.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (ms <= (ANSWER_MS[middle] ?? 0)) high = middle;
		else low = middle + 1;
	}
	return low;
}

/**
 * How long answers took of which a part took no longer.
 * @param buckets as `Figures.answers` has them
 * @param q the part, from 0 to 1: 0.5 for the median
 * @returns ms, within a bucket as if its answers were spread evenly; undefined: there was no answer
 */
export function quantileOf(buckets: readonly number[], q: number): number | undefined {
	const all = buckets.reduce((sum, count) => sum + count, 0);
	if (all === 0) return undefined;
	const wanted = Math.min(1, Math.max(0, q)) * all;
	let before = 0;
	for (const [at, count] of buckets.entries()) {
		if (count > 0 && before + count >= wanted) {
			const from = ANSWER_MS[at - 1] ?? 0;
			const to = ANSWER_MS[at] ?? from;
			return from + (to - from) * Math.max(0, (wanted - before) / count);
		}
		before += count;
	}
	return ANSWER_MS.at(-1);
}

/** The most frequent reasons, so many as are kept; the others as one for each app and fate. */
export function mostFrequent(reasons: NonNullable<Figures["reasons"]>): NonNullable<Figures["reasons"]> {
	const sorted = reasons.toSorted(([, , , a], [, , , b]) => b - a);
	const most = consoleBounds.reasonsOfMinute.is;
	if (sorted.length <= most) return sorted;
	const kept = sorted.slice(0, most - 1);
	const rest = sorted.slice(most - 1);
	const [first] = rest;
	if (!first) return kept;
	const count = rest.reduce((sum, [, , , its]) => sum + its, 0);
	return [...kept, [first[0], first[1], OTHER_REASONS, count]];
}

/**
 * Figures of several minutes of one connector as those of one step: what is counted is added up, and what is so at a
 * moment is as it was in the last of them.
 * @param all in their order; at least one
 */
export function foldFigures(all: readonly Figures[]): Figures {
	const last = all.at(-1);
	if (!last) throw new RangeError("there are no figures to fold");
	const pushes: Figures["pushes"] = {};
	const answers = noAnswers();
	const reasons = new Map<string, [string, Fate, string, number]>();
	let [publishes, minutes] = [0, 0];
	for (const each of all) {
		publishes += each.publishes;
		minutes += each.minutes ?? 1;
		for (const [at, count] of each.answers.entries())
			if (at in answers) answers[at] = (answers[at] ?? 0) + count;
		for (const [app, its] of Object.entries(each.pushes)) {
			const sums = pushes[app] ?? {};
			pushes[app] = sums;
			for (const [fate, count] of Object.entries(its) as [Fate, number][])
				sums[fate] = (sums[fate] ?? 0) + count;
		}
		for (const [app, fate, reason, count] of each.reasons ?? []) {
			const name = `${app}\0${fate}\0${reason}`;
			const known = reasons.get(name);
			if (known) known[3] += count;
			else reasons.set(name, [app, fate, reason, count]);
		}
	}
	const { reasons: _, ...rest } = last;
	const folded: Figures = { ...rest, pushes, publishes, answers, minutes };
	if (reasons.size > 0) folded.reasons = mostFrequent([...reasons.values()]);
	return folded;
}
