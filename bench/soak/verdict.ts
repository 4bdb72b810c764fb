/** What a soak found out: whether memory, descriptors or latencies grew, and whether anything was lost. */
import { quantile } from "../measured-process.ts";

/** One window of a soak. */
export interface Sample {
	/** Its end, since the soak began. */
	minute: number;
	/** Answers a second in it. */
	rate: number;
	/** Publish to answer in it, ms. */
	p50: number;
	p99: number;
	/** Answers of any kind but `result` in it. */
	errors: number;
	/** Resident memory at its end, MiB. */
	rss: number;
	/** Open files and sockets at its end. */
	descriptors: number;
}

/** What is said of a soak, and whether it is as it should be. */
export interface Finding {
	text: string;
	isMet: boolean;
}

/** Growth of memory over the last two thirds that is no leak: a heap breathes. A share of what there was. */
const MOST_GROWTH = 0.05;
/** Connections to the push service come and go. */
const MOST_DESCRIPTORS_MORE = 16;
/** The last third's p99 may be so much of the first third's, … */
const MOST_P99_RATIO = 1.5;
/** … or so much more, ms: what a machine's other work adds now and then. */
const MOST_P99_MORE = 1;

const third = (samples: readonly Sample[], from: number, to: number) =>
	samples.slice(Math.floor((samples.length * from) / 3), Math.ceil((samples.length * to) / 3));

const median = (values: number[]) => quantile(Float64Array.from(values).sort(), 0.5);

/** How much a value grows a minute: the line that fits best, by least squares. */
export function slope(points: readonly (readonly [minute: number, value: number])[]): number {
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const [x, y] = [mean(points.map(([minute]) => minute)), mean(points.map(([, value]) => value))];
	const spread = points.reduce((sum, [minute]) => sum + (minute - x) ** 2, 0);
	return spread === 0
		? 0
		: points.reduce((sum, [minute, value]) => sum + (minute - x) * (value - y), 0) / spread;
}

/** @param unanswered publishes without an answer at the end; undefined: it did not come to its end */
export function verdict(samples: readonly Sample[], unanswered: number | undefined): Finding[] {
	const [first, last] = [samples[0], samples.at(-1)];
	if (!first || !last) return [{ text: "nothing was measured", isMet: false }];
	const later = third(samples, 1, 3);
	const growth = slope(later.map(({ minute, rss }) => [minute, rss]));
	const [start = first] = later;
	const grown = growth * (last.minute - start.minute);
	const p99Of = (some: Sample[]) => median(some.map(({ p99 }) => p99));
	const [early, late] = [p99Of(third(samples, 0, 1)), p99Of(third(samples, 2, 3))];
	const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
	return [
		{
			text: `RSS grew ${growth.toFixed(2)} MiB a minute over the last two thirds (${start.rss.toFixed(0)} MiB, at the end ${last.rss.toFixed(0)} MiB)`,
			isMet: grown < MOST_GROWTH * start.rss,
		},
		{
			text: `descriptors: ${first.descriptors} at first, ${last.descriptors} at the end`,
			isMet: last.descriptors <= first.descriptors + MOST_DESCRIPTORS_MORE,
		},
		{
			text: `p99: ${early.toFixed(2)} ms in the first third, ${late.toFixed(2)} ms in the last (medians of its windows)`,
			isMet: late <= Math.max(early * MOST_P99_RATIO, early + MOST_P99_MORE),
		},
		errors === 0 && unanswered === 0
			? { text: "every publish answered `result`", isMet: true }
			: {
					text: `${errors} publishes answered otherwise than \`result\`, ${unanswered ?? "an unknown number"} not answered`,
					isMet: false,
				},
	];
}
