/** @jsxImportSource preact */
/** The three charts of the overview, and the small one of a connector. */
import { useConsole } from "../console.ts";
import { counted, type Formats } from "../formats.ts";
import { FATES } from "../parts/badge.tsx";
import type { Fate, Interval, Overview } from "../wire.ts";
import { stackedBars } from "./bars.ts";
import { linePath } from "./lines.ts";
import { gapsOf, lastOf, medianOf, mostOf, type Reading, topOf } from "./numbers.ts";
import { Plot, type Series, tickOf } from "./plot.tsx";
import { HEIGHT, WIDTH } from "./size.ts";

const COLOUR: Readonly<Record<Fate, string>> = {
	delivered: "delivered",
	later: "retry",
	gone: "gone",
	refused: "refused",
	setup: "setup",
};
const ORDER: readonly Fate[] = ["delivered", "later", "gone", "refused", "setup"];

const NO_NUMBER = "No number";

/** `a minute`, `every 15 min` */
const every = (formats: Formats, stepMs: number) =>
	stepMs === 60_000 ? "a minute" : `every ${formats.span(stepMs)}`;

const timesOf = (intervals: readonly Interval[]) => intervals.map(({ at }) => at);

const nowText = (formats: Formats, last: number, stepMs: number) =>
	stepMs === 60_000
		? `Now ${formats.number(last)} a minute`
		: `${formats.number(last)} in the last ${formats.span(stepMs)}`;

/** What became of pushes, as stacked bars. */
export function PushesChart({ intervals, stepMs, totals }: Overview) {
	const { formats } = useConsole();
	const times = timesOf(intervals);
	// What never happened on most servers has no place in the legend until it does.
	const fates = ORDER.filter((fate) => fate !== "setup" || totals.setup > 0);
	const rows = fates.map((fate) => intervals.map(({ pushes }) => pushes?.[fate]));
	const sums = intervals.map(({ pushes }) => pushes && fates.reduce((sum, fate) => sum + pushes[fate], 0));
	const top = topOf(sums, true);
	const last = lastOf(sums);
	return (
		<Plot
			title={`Pushes ${every(formats, stepMs)}`}
			now={last === undefined ? "No numbers yet" : nowText(formats, last, stepMs)}
			shape={pushesShape(formats, times, fates, rows, totals, stepMs)}
			times={times}
			stepMs={stepMs}
			ticks={[formats.number(top), formats.number(top / 2), "0"]}
			series={fates.map((fate) => ({ name: FATES[fate].name, colour: COLOUR[fate], total: totals[fate] }))}
			gaps={gapsOf(times, sums, stepMs)}
			cells={(index) => rows.map((row) => told(formats.number, row[index]))}
		>
			{stackedBars(rows, top).map((d, index) => {
				const fate = fates[index];
				return fate && <path key={fate} class={`f-${COLOUR[fate]}`} d={d} />;
			})}
		</Plot>
	);
}

const told = (format: (value: number) => string, reading: Reading) =>
	reading === undefined ? NO_NUMBER : format(reading);

function pushesShape(
	formats: Formats,
	times: readonly number[],
	fates: readonly Fate[],
	rows: readonly (readonly Reading[])[],
	totals: Overview["totals"],
	stepMs: number,
): string {
	const tick = tickOf(formats, times);
	const delivered = rows[0] ?? [];
	const [usual, most] = [medianOf(delivered), mostOf(delivered)];
	if (usual === undefined || !most) return "No number is known.";
	const sentences = [
		`About ${counted(formats, usual, "push", "pushes")} ${every(formats, stepMs)} were delivered, ${formats.number(most.value)} at the most, at ${tick(times[most.index] ?? 0)}.`,
	];
	fates.slice(1).forEach((fate, index) => {
		const peak = mostOf(rows[index + 1] ?? []);
		if (totals[fate] === 0 || !peak || peak.value === 0) return;
		sentences.push(
			`${FATES[fate].name}: ${formats.number(totals[fate])}, most of them at ${tick(times[peak.index] ?? 0)}.`,
		);
	});
	return sentences.join(" ");
}

/** How long publishes wait for their answer, as lines. */
export function AnswersChart({ intervals, stepMs }: Overview) {
	const { formats } = useConsole();
	const times = timesOf(intervals);
	const p50 = intervals.map((one) => one.p50);
	const p99 = intervals.map((one) => one.p99);
	const top = topOf([...p50, ...p99], false);
	const tick = tickOf(formats, times);
	const [now, slow] = [lastOf(p50), lastOf(p99)];
	const [usual, usuallySlow, slowest] = [medianOf(p50), medianOf(p99), mostOf(p99)];
	const shape =
		usual === undefined || usuallySlow === undefined || !slowest
			? "No publish was answered."
			: `Half of the publishes were answered within ${formats.span(usual)}. The slowest hundredth took about ${formats.span(usuallySlow)}, and ${formats.span(slowest.value)} at the most, at ${tick(times[slowest.index] ?? 0)}.`;
	const series: Series[] = [
		{ name: "Half are faster (p50)", colour: "p50", isLine: true },
		{ name: "99 of 100 are faster (p99)", colour: "p99", isLine: true },
	];
	return (
		<Plot
			title="From publish to answer"
			now={
				now === undefined || slow === undefined
					? "No publish yet"
					: `Now ${formats.span(now)}; the slowest of 100 takes ${formats.span(slow)}`
			}
			shape={shape}
			times={times}
			stepMs={stepMs}
			ticks={[formats.span(top), formats.span(top / 2), "0"]}
			series={series}
			// Where no publish came there is no time, and nothing is missing.
			gaps={gapsOf(
				times,
				intervals.map((one) => one.p50 ?? one.publishes ?? (one.pushes && 0)),
				stepMs,
			)}
			cells={(index) => [told(formats.span, p50[index]), told(formats.span, p99[index])]}
		>
			<path class="line s-p99" d={linePath(p99, top)} />
			<path class="line s-p50" d={linePath(p50, top)} />
		</Plot>
	);
}

/** What waits on disk, as bars. */
export function OutboxChart({ intervals, stepMs }: Overview) {
	const { formats } = useConsole();
	const times = timesOf(intervals);
	const waiting = intervals.map((one) => one.waiting);
	const top = topOf(waiting, true);
	const tick = tickOf(formats, times);
	const most = mostOf(waiting);
	const last = intervals.findLast((one) => one.waiting !== undefined);
	const now = last?.waiting ?? 0;
	const shape =
		!most || most.value === 0
			? "Nothing waited."
			: `${formats.number(most.value)} pushes waited at the most, at ${tick(times[most.index] ?? 0)}; ${formats.number(now)} at the end.`;
	return (
		<Plot
			title="Waiting in the outbox"
			now={
				last?.oldestDue !== undefined && now > 0
					? `Now ${formats.number(now)}, the oldest for ${formats.span(last.oldestDue)}`
					: last?.waiting === undefined
						? "No numbers yet"
						: `Now ${formats.number(now)}`
			}
			shape={shape}
			times={times}
			stepMs={stepMs}
			ticks={[formats.number(top), formats.number(top / 2), "0"]}
			series={[{ name: "Waiting", colour: "retry" }]}
			gaps={gapsOf(times, waiting, stepMs)}
			cells={(index) => [told(formats.number, waiting[index])]}
		>
			<path class="f-retry" d={stackedBars([waiting], top)[0]} />
		</Plot>
	);
}

/** What a connector delivered, in the height of a line of text. */
export function Spark({ delivered }: { delivered: readonly number[] }) {
	const { formats } = useConsole();
	if (delivered.length === 0) return <>No numbers</>;
	const [least, most] = [Math.min(...delivered), Math.max(...delivered)];
	return (
		<svg
			class="spark"
			viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			preserveAspectRatio="none"
			role="img"
			aria-label={`Between ${formats.number(least)} and ${formats.number(most)} a minute`}
		>
			<path class="s-delivered" d={linePath(delivered, Math.max(1, most))} />
		</svg>
	);
}
