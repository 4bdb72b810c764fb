/** What a benchmark says: rows for the table, each beside a floor that was measured in the same run. */

/** One measurement. */
export interface Figure {
	/** What is counted, a second. */
	rate: number;
	/** Publish to answer, ms. */
	p50?: number;
	p99?: number;
	/** Time that the measured process spent on a CPU for one of what is counted, µs. */
	cpu?: number;
	/** Resident memory of the measured process at the end, MiB. */
	rss?: number;
	/** Of several turns, of which all above are the medians: the lowest and the highest. */
	rates?: [number, number];
	p99s?: [number, number];
}

/** A row of the table: a figure, and what it is measured against. */
export interface Row {
	name: string;
	/** What `rate` counts: "publishes", "registrations", … */
	unit: string;
	ours: Figure;
	/** Measured in the same run, on the same machine, with the same load. */
	floor?: Figure & { name: string };
	/** The least that `ours.rate / floor.rate` must be. */
	target?: number;
	/** What else it must show, in a few words ("over 5,000/s", "p99 under 5 ms"), and whether it did. */
	must?: readonly { what: string; isMet: boolean }[];
	/** What else the row found out, as one sentence: times, sizes. */
	note?: string;
	/** Why it could not be measured here, as one sentence: its figures mean nothing then. */
	missing?: string;
}

/** A row that says why it is not measured on this machine. */
export function missingRow(name: string, unit: string, missing: string): Row {
	return { name, unit, ours: { rate: 0 }, missing };
}

/** A part of the benchmark, which can be run alone: `bun run bench <name>`. */
export interface Section {
	name: string;
	/** What it measures against what, as one sentence for `--help`. */
	about: string;
	run(report: (row: Row) => void): Promise<void>;
}

/** The least rate, as something that a row must show. */
export function atLeast(rate: number, { rate: reached }: Figure) {
	return { what: `over ${rate.toLocaleString("en")}/s`, isMet: reached >= rate };
}

/** That a load lost nothing, as something that a row must show. */
export function allAnswered({ errors, unanswered }: { errors: number; unanswered: number }) {
	return { what: "every publish answered `result`", isMet: errors === 0 && unanswered === 0 };
}

/** Whether a row shows all that it must; undefined: it only informs. */
export function isMet({ ours, floor, target, must = [] }: Row): boolean | undefined {
	const enough = target === undefined ? [] : [floor !== undefined && ours.rate >= target * floor.rate];
	const all = [...enough, ...must.map(({ isMet }) => isMet)];
	return all.length === 0 ? undefined : all.every(Boolean);
}
