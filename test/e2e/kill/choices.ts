/** What a seed decides: when the process is killed, and how everything around it behaves. */
import type { Conduct } from "./unsteady-fcm.ts";

/** When the process is killed. */
export const MOMENTS = [
	"under load",
	"at the first start too",
	"at the next start too",
	"in the drain",
	"in an outage",
	"twice under load",
] as const;
export type Moment = (typeof MOMENTS)[number];

/** How a project's pushes are answered: so many of each kind, in a hundred. */
type Mood = Readonly<Partial<Record<Conduct, number>>>;

const MOODS: Readonly<Record<string, Mood>> = {
	well: { "at once": 100 },
	busy: { "at once": 50, slowly: 50 },
	mixed: { "at once": 55, slowly: 25, hang: 8, reset: 6, "503": 5, "503 with Retry-After": 1 },
	failing: { "at once": 40, "503": 30, reset: 25, "503 with Retry-After": 5 },
};
const OUT: Mood = { "503": 40, reset: 30, hang: 25, "503 with Retry-After": 5 };

export interface Choices {
	readonly seed: number;
	readonly moment: Moment;
	/** How long after the load begins, ms. */
	readonly killAfterMs: number;
	/** How long after that a second one comes, or after a start or SIGTERM the one it is about, ms. */
	readonly thenAfterMs: number;
	readonly perSecond: number;
	readonly devices: number;
	/** PUSH_INTERVAL_MS. */
	readonly intervalMs: number;
	/** The moods of the projects. */
	readonly moods: readonly string[];
	/** How many devices the push service says are gone. */
	readonly gone: number;
	/** What waits after the last kill is made due at once; otherwise its time comes by itself. */
	readonly hastened: boolean;
}

/** Numbers from 0 to 1 in a row that the seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export const oneOf = <T>(some: readonly T[], random: () => number): T =>
	some[Math.floor(random() * some.length)] as T;

/** @param moments default: each has its turn */
export function choicesOf(seed: number, moments: readonly Moment[] = MOMENTS): Choices {
	const random = randomOf(seed);
	const between = (from: number, to: number) => Math.floor(from + random() * (to - from));
	return {
		seed,
		// Half of the runs are killed under load alone: most can be in flight then.
		moment: random() < 0.4 ? "under load" : oneOf(moments, random),
		killAfterMs: between(0, 1_000),
		thenAfterMs: between(0, 400),
		perSecond: between(300, 1_000),
		devices: between(15, 45),
		intervalMs: random() < 0.5 ? 0 : between(100, 400),
		moods: Array.from({ length: 3 }, () => oneOf(Object.keys(MOODS), random)),
		gone: between(0, 4),
		hastened: random() < 0.8,
	};
}

/** What becomes of one push, which is the same whenever it comes. @param mood `out`: there is an outage */
export function conductIn(mood: string, { seed }: Choices, count: number, times: number): Conduct {
	const weights = MOODS[mood] ?? OUT;
	let left = randomOf(seed ^ Math.imul(count * 8 + times, 0x9e3779b1))() * 100;
	for (const [conduct, weight] of Object.entries(weights)) {
		left -= weight;
		if (left < 0) return conduct as Conduct;
	}
	return "at once";
}
