/** A soak's plot: one chart below the other, over the same minutes. */
import { svg, text, WIDTH } from "../svg.ts";
import { rateText } from "../table.ts";
import type { Finding, Sample } from "./verdict.ts";

const LEFT = 70;
const SPAN = WIDTH - LEFT - 10;
const CHART = 90;
const HEADING = 26;

/** What is drawn: the first in colour, the second behind it. */
const CHARTS: readonly { title: string; of: readonly ((sample: Sample) => number)[] }[] = [
	{ title: "RSS, MiB", of: [({ rss }) => rss] },
	{ title: "p99 of each window, ms (grey: p50)", of: [({ p99 }) => p99, ({ p50 }) => p50] },
	{ title: "open descriptors", of: [({ descriptors }) => descriptors] },
	{ title: "publishes answered a second", of: [({ rate }) => rate] },
];

/** The least round number (1, 2 or 5 and noughts) that is not below. */
function roundedUp(value: number): number {
	if (!(value > 0)) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	return (([1, 2, 5].find((digit) => digit * power >= value) ?? 10) as number) * power;
}

function chart({ title, of }: (typeof CHARTS)[number], samples: readonly Sample[], y: number): string[] {
	const finite = (value: number) => (Number.isFinite(value) ? value : 0);
	const most = roundedUp(Math.max(...samples.flatMap((sample) => of.map((value) => finite(value(sample))))));
	const minutes = samples.at(-1)?.minute || 1;
	const [top, bottom] = [y + HEADING, y + HEADING + CHART];
	const points = (value: (sample: Sample) => number) =>
		samples
			.map((sample) => {
				const x = LEFT + (sample.minute / minutes) * SPAN;
				return `${x.toFixed(1)},${(bottom - (finite(value(sample)) / most) * CHART).toFixed(1)}`;
			})
			.join(" ");
	const lines = of.map(
		(value, n) => `<polyline class="line${n > 0 ? " floor" : ""}" points="${points(value)}"/>`,
	);
	return [
		text(LEFT, y + 18, title, 'class="section"'),
		`<path class="grid" d="M${LEFT} ${top}h${SPAN}M${LEFT} ${(top + bottom) / 2}h${SPAN}M${LEFT} ${bottom}h${SPAN}"/>`,
		...[most, most / 2, 0].map((value, n) =>
			text(
				LEFT - 8,
				top + (n * CHART) / 2 + 4,
				value === 0 ? "0" : rateText(value),
				'class="small" text-anchor="end"',
			),
		),
		...lines.reverse(),
	];
}

/** @param findings stand below the charts @returns the SVG */
export function soakPlot(samples: readonly Sample[], findings: readonly Finding[]): string {
	const parts = CHARTS.flatMap((one, n) => chart(one, samples, n * (CHART + HEADING + 14)));
	let y = CHARTS.length * (CHART + HEADING + 14) + 8;
	const minutes = samples.at(-1)?.minute ?? 0;
	parts.push(
		text(LEFT, y, "0", 'class="small"'),
		text(LEFT + SPAN, y, `${minutes.toFixed(1)} minutes`, 'class="small" text-anchor="end"'),
	);
	for (const { text: words, isMet } of findings) {
		y += 18;
		parts.push(text(LEFT, y, isMet ? words : `MISSED: ${words}`));
	}
	return svg(y + 12, "Memory, latency, descriptors and rate of Reveille over time", parts);
}
