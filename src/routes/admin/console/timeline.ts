/** From the minutes that connectors wrote down to what the page draws. */
import { quantileOf } from "../../../store/console/figures.ts";
import type { Minute } from "../../../store/console/history.ts";
import { nextTurn } from "../../../store/console/turns.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { Fate, Interval, Period } from "../../../web/console/wire.ts";

const MINUTE_MS = 60_000;

/** How a period is drawn: so many steps of so many minutes. */
export const STEPS: Readonly<Record<Period, { minutes: number; count: number }>> = {
	hour: { minutes: 1, count: 60 },
	day: { minutes: 15, count: 96 },
	week: { minutes: 60, count: 168 },
};

export const NO_PUSHES: Readonly<Record<Fate, number>> = {
	delivered: 0,
	later: 0,
	gone: 0,
	refused: 0,
	setup: 0,
};
const FATES = Object.keys(NO_PUSHES) as Fate[];

/** What one connector did in the period. */
export interface ConnectorTimeline {
	connector: string;
	/** Of its last minute. */
	last: Minute;
	/** For each step. */
	delivered: number[];
	p99?: number;
}

export interface Timeline {
	/** Up to when the numbers go, ms. */
	upTo: number;
	stepMs: number;
	intervals: Interval[];
	totals: Record<Fate, number>;
	/** The same by app. */
	byApp: ReadonlyMap<string, Record<Fate, number>>;
	reasons: { app: string; fate: Exclude<Fate, "delivered">; reason: string; count: number }[];
	p50?: number;
	connectors: ConnectorTimeline[];
}

interface Step {
	isKnown: boolean;
	pushes: Record<Fate, number>;
	publishes: number;
	answers: number[];
	/** By connector: what its last minute of the step had. */
	waiting: Map<string, { waiting: number; oldestDueMs: number }>;
}

/** The minute that a period begins with, where its last one is `minute`; steps begin at their multiples. */
export function beginOf(period: Period, minute: number): number {
	const { minutes, count } = STEPS[period];
	return Math.floor(minute / minutes) * minutes - (count - 1) * minutes;
}

/** Rows that are added up before others have their turn: a millisecond or two. */
const PIECE = 200;

/**
 * @param rows of the period, in the order of their minutes
 * @param minute the last one
 */
export async function timelineOf(
	rows: readonly Minute[],
	wanted: { period: Period; minute: number },
): Promise<Timeline> {
	const timeline = createTimeline(wanted);
	for (let at = 0; at < rows.length; at += PIECE) {
		if (at > 0) await nextTurn();
		for (const row of rows.slice(at, at + PIECE)) timeline.add(row);
	}
	return timeline.result();
}

function createTimeline({ period, minute }: { period: Period; minute: number }) {
	const { minutes, count } = STEPS[period];
	const from = beginOf(period, minute);
	const steps = Array.from({ length: count }, emptyStep);
	const totals = { ...NO_PUSHES };
	const byApp = new Map<string, Record<Fate, number>>();
	const reasons = new Map<string, Timeline["reasons"][number]>();
	const connectors = new Map<string, ConnectorTimeline & { answers: number[] }>();

	function ownOf(row: Minute) {
		const { connector } = row;
		const known = connectors.get(connector);
		if (known) return known;
		const own = { connector, last: row, delivered: steps.map(() => 0), answers: [] };
		connectors.set(connector, own);
		return own;
	}

	function addReasons(all: NonNullable<Minute["figures"]["reasons"]>) {
		for (const [app, fate, reason, times] of all) {
			if (fate === "delivered") continue;
			const key = `${app}\0${fate}\0${reason}`;
			const known = reasons.get(key);
			if (known) known.count += times;
			else reasons.set(key, { app, fate, reason, count: times });
		}
	}

	return {
		add(row: Minute) {
			const at = Math.floor((row.minute - from) / minutes);
			const step = steps[at];
			if (!step) return;
			const { figures, connector } = row;
			const own = ownOf(row);
			own.last = row;
			step.isKnown = true;
			for (const [app, fates] of Object.entries(figures.pushes)) {
				const ofApp = byApp.get(app) ?? { ...NO_PUSHES };
				byApp.set(app, ofApp);
				for (const fate of FATES) {
					const pushes = fates[fate] ?? 0;
					for (const sum of [step.pushes, totals, ofApp]) sum[fate] += pushes;
				}
				own.delivered[at] = (own.delivered[at] ?? 0) + (fates.delivered ?? 0);
			}
			step.publishes += figures.publishes;
			step.waiting.set(connector, figures);
			add(step.answers, figures.answers);
			add(own.answers, figures.answers);
			addReasons(figures.reasons ?? []);
		},

		result(): Timeline {
			const answers: number[] = [];
			for (const step of steps) add(answers, step.answers);
			return {
				upTo: (minute + 1) * MINUTE_MS,
				stepMs: minutes * MINUTE_MS,
				intervals: steps.map((step, at) => intervalOf(step, (from + at * minutes) * MINUTE_MS)),
				totals,
				byApp,
				reasons: [...reasons.values()]
					.toSorted((one, other) => other.count - one.count)
					.slice(0, MOST_REASONS),
				...present({ p50: percentile(answers, 0.5) }),
				connectors: [...connectors.values()].map(({ answers: its, ...own }) => ({
					...own,
					...present({ p99: percentile(its, 0.99) }),
				})),
			};
		},
	};
}

/** As many as one connector writes down in a minute. */
const MOST_REASONS = 50;

const emptyStep = (): Step => ({
	isKnown: false,
	pushes: { ...NO_PUSHES },
	publishes: 0,
	answers: [],
	waiting: new Map(),
});

/** By its index: of a week these are some 100,000 numbers, while publishes wait. */
function add(sum: number[], counts: readonly number[]) {
	for (let at = 0; at < counts.length; at++) sum[at] = (sum[at] ?? 0) + (counts[at] ?? 0);
}

function intervalOf({ isKnown, pushes, publishes, answers, waiting }: Step, at: number): Interval {
	if (!isKnown) return { at };
	const all = [...waiting.values()];
	return {
		at,
		pushes,
		publishes,
		...present({ p50: percentile(answers, 0.5), p99: percentile(answers, 0.99) }),
		waiting: all.reduce((sum, one) => sum + one.waiting, 0),
		oldestDue: Math.max(0, ...all.map(({ oldestDueMs }) => oldestDueMs)),
	};
}

/** What so many of all answers took at the most, ms; undefined: there was none. */
function percentile(answers: readonly number[], part: number): number | undefined {
	const ms = quantileOf(answers, part);
	return ms === undefined ? undefined : round(ms);
}

const round = (ms: number) => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));
