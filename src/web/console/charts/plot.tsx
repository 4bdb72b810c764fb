/** @jsxImportSource preact */
/** The frame of a chart: title, the figure of now, drawing, legend, what is missing, and the numbers as a table. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useConsole } from "../console.ts";
import type { Formats } from "../formats.ts";
import { type Column, Table } from "../parts/table.tsx";
import { fiveOf, type Gap } from "./numbers.ts";
import { HEIGHT, WIDTH } from "./size.ts";

/** One line of numbers, as it is in the legend and the table. */
export interface Series {
	name: string;
	/** Of its colour: `delivered`. */
	colour: string;
	total?: number;
	/** A line in the legend, not a square. */
	isLine?: true;
}

/** How a chart tells times: minutes of a day, or days. */
export const tickOf = (formats: Formats, times: readonly number[]) => {
	const [first = 0, last = 0] = [times[0], times.at(-1)];
	return last - first > 36 * 3_600_000 ? formats.shortDay : formats.time;
};

export function Plot({
	title,
	now,
	shape,
	times,
	stepMs,
	ticks,
	series,
	gaps,
	cells,
	children,
}: {
	title: string;
	now: string;
	/** A sentence for who does not see the drawing. */
	shape: string;
	times: readonly number[];
	/** How long each reading is. */
	stepMs: number;
	/** At the top, in the middle, at the foot. */
	ticks: readonly [string, string, string];
	series: readonly Series[];
	gaps: readonly Gap[];
	/** Of the table, at this index: one for each series. */
	cells: (index: number) => string[];
	children: ComponentChildren;
}) {
	const { formats } = useConsole();
	const tick = tickOf(formats, times);
	const five = fiveOf(times, stepMs);
	return (
		<figure class="chart card">
			<figcaption>
				<h2>{title}</h2>
				<span class="now">{now}</span>
			</figcaption>
			<div class="plot">
				<div class="y" aria-hidden="true">
					{ticks.map((text) => (
						<span key={text}>{text}</span>
					))}
				</div>
				<svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={shape}>
					{[0, HEIGHT / 2, HEIGHT].map((y) => (
						<line key={y} class="gridline" x1="0" y1={y} x2={WIDTH} y2={y} />
					))}
					{children}
				</svg>
				<div class="x" aria-hidden="true">
					{five.map((at) => (
						<span key={at}>{tick(at)}</span>
					))}
				</div>
			</div>
			{(series.length > 1 || series[0]?.total !== undefined) && <Legend series={series} />}
			{gaps.length > 0 && <p class="small muted">{gapsText(formats, gaps, times)}</p>}
			<Numbers title={title} series={series} times={times} cells={cells} />
		</figure>
	);
}

function Legend({ series }: { series: readonly Series[] }) {
	const { formats } = useConsole();
	return (
		<ul class="legend">
			{series.map(({ name, colour, total, isLine }) => (
				<li key={name}>
					<svg viewBox="0 0 14 14" aria-hidden="true">
						{isLine ? (
							<path class={`s-${colour} short`} d="M0 7H14" />
						) : (
							<rect class={`f-${colour}`} width="14" height="14" rx="3" />
						)}
					</svg>
					{name} {total !== undefined && <b>{formats.number(total)}</b>}
				</li>
			))}
		</ul>
	);
}

/** Which times have no numbers, as a sentence. */
export function gapsText(formats: Formats, gaps: readonly Gap[], times: readonly number[]): string {
	const told = (times.at(-1) ?? 0) - (times[0] ?? 0) > 12 * 3_600_000 ? formats.moment : formats.time;
	const [first, ...others] = gaps;
	if (!first) return "";
	const from = `No numbers from ${told(first.from)} to ${told(first.to)}`;
	if (others.length === 0) return `${from}.`;
	if (others.length > 2) return `${from}, and ${others.length} more times.`;
	return `${from}, and ${others.map((gap) => `from ${told(gap.from)} to ${told(gap.to)}`).join(" and ")}.`;
}

/** The rows are made when somebody asks for them: a week has hundreds. */
function Numbers({
	title,
	series,
	times,
	cells,
}: {
	title: string;
	series: readonly Series[];
	times: readonly number[];
	cells: (index: number) => string[];
}) {
	const { formats } = useConsole();
	const [isOpen, setOpen] = useState(false);
	const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 12 * 3_600_000;
	const columns: Column[] = [{ name: "Time" }, ...series.map(({ name }) => ({ name, class: "end" }))];
	return (
		<details class="fold" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
			<summary>Numbers as a table</summary>
			{isOpen && (
				// biome-ignore lint/a11y/useSemanticElements: no fieldset, it has no fields.
				// biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too.
				<div class="scroll" tabIndex={0} role="group" aria-label={`${title}: the numbers`}>
					<Table
						caption={title}
						cards={false}
						columns={columns}
						rows={times.map((at, index) => ({
							key: String(at),
							cells: [isLong ? formats.moment(at) : formats.time(at), ...cells(index)],
						}))}
					/>
				</div>
			)}
		</details>
	);
}
