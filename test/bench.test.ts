/** What a benchmark says at its end: that a target was missed, what another run measured, and nothing unreadable. */
import { expect, test } from "bun:test";
import { plot } from "../bench/plot.ts";
import { mergeResults, type SectionResults } from "../bench/results.ts";
import type { Row } from "../bench/rows.ts";
import { soakPlot } from "../bench/soak/plot.ts";
import { type Sample, slope, verdict } from "../bench/soak/verdict.ts";
import { table } from "../bench/table.ts";
import { inTurns } from "../bench/turns.ts";
import { performancePage } from "../build/performance-page.ts";

const row: Row = {
	name: "waking <many> & few",
	unit: "pushes",
	ours: { rate: 6_000, p99: 4, cpu: 120 },
	floor: { name: "a bare loop", rate: 10_000 },
	target: 0.7,
};

test("the table says that a target was missed, and which", () => {
	expect(table([{ section: "wire", rows: [row] }])).toContain("MISSED");
	expect(table([{ section: "wire", rows: [{ ...row, target: 0.6 }] }])).not.toContain("MISSED");
	const must = [{ what: "p99 under 3 ms", isMet: false }];
	expect(table([{ section: "wire", rows: [{ ...row, target: 0.6, must }] }])).toContain(
		"MISSED: p99 under 3 ms",
	);
});

test("a floor that was not measured is no target met", () => {
	const { floor: _floor, ...without } = row;
	expect(table([{ section: "wire", rows: [without] }])).toContain("MISSED");
});

test("turns give the median of each figure with its range, and add up what may not be", async () => {
	const rates = { floor: [10, 30, 20], ours: [7, 9, 8] };
	const order: string[] = [];
	const of = (name: "floor" | "ours") => async () => {
		order.push(name);
		const rate = rates[name].shift() ?? Number.NaN;
		return { rate, p99: rate / 2, errors: 1, unanswered: 0 };
	};
	const { floor, ours } = await inTurns(of("floor"), of("ours"));
	expect(order).toEqual(["floor", "ours", "floor", "ours", "floor", "ours"]);
	expect(floor).toEqual({ rate: 20, p99: 10, errors: 3, unanswered: 0, rates: [10, 30], p99s: [5, 15] });
	expect(ours).toMatchObject({ rate: 8, rates: [7, 9] });
	expect(table([{ section: "wire", rows: [{ ...row, ours }] }])).toContain(
		"medians of turns: 7.00 to 9.00 /s",
	);
});

test("the page has each row beside its floor, what a core has time for, and what falls short", () => {
	const machine = { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" };
	const rows = [
		{
			...row,
			name: "FCM, 512 on their way",
			ours: { ...row.ours, rates: [5_000, 7_000] as [number, number] },
		},
	];
	const page = performancePage([
		{ section: "wire", measuredAt: "2026-01-01T00", commit: "abc", machine, rows },
	]);
	expect(page).toContain("| FCM, 512 on their way | 6,000 (5,000 to 7,000) | 10,000 | 0.60 | 120 | 4.00 |");
	expect(page).toContain("FCM: 8,333");
	expect(page).toContain("- FCM, 512 on their way: 0.60 of the floor, not 0.7");
});

test("the page has each way to start, and which of the aims it misses", () => {
	const start = {
		measuredAt: "2026-01-01T00",
		commit: "abc",
		machine: { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" },
		runs: 10,
		idleS: 3,
		starts: [
			{ name: "floor", ms: 200, rss: 99, pss: 9, own: 2, isFloor: true as const },
			{ name: "one", ms: 119, rss: 63.4, pss: 60, own: 20.6 },
			{ name: "other", ms: 121, rss: 64, pss: 60, own: 30 },
		],
	};
	const page = performancePage([], start);
	expect(page).toContain("| floor | 200 | 99/9/2 |");
	expect(page).toContain("| one | 119 | 63/60/21 |");
	expect(page).toContain("| other | 121! | 64!/60/30 |");
});

test("a section that was not run keeps its rows, in the order of the sections", () => {
	const machine = { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" };
	const of = (section: string, measuredAt: string): SectionResults => ({
		section,
		measuredAt,
		commit: "c",
		machine,
		rows: [row],
	});
	const merged = mergeResults(
		[of("wire", "old"), of("outbox", "old"), of("dropped", "old")],
		[of("outbox", "new")],
		["outbox", "scale", "wire"],
	);
	expect(merged.map(({ section, measuredAt }) => [section, measuredAt])).toEqual([
		["outbox", "new"],
		["wire", "old"],
	]);
});

test("the plot is an SVG with a bar for each figure, and names are no markup in it", () => {
	const svg = plot([{ section: "wire", rows: [row, { ...row, target: 0.6 }] }]);
	expect(svg).toContain("waking &lt;many&gt; &amp; few");
	expect(svg.match(/<rect class="missed"/g)).toHaveLength(1);
	expect(svg.match(/<rect class="ours"/g)).toHaveLength(1);
	expect(svg.match(/<rect class="floor"/g)).toHaveLength(2);
	expect(svg.match(/<path class="target"/g)).toHaveLength(2);
	expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

/** Half an hour of samples, ten seconds apart. */
const soaked = (change: (minute: number) => Partial<Sample> = () => ({})): Sample[] =>
	Array.from({ length: 180 }, (_, n) => {
		const minute = (n + 1) / 6;
		// Caches fill at first, and a heap breathes.
		const rss = 150 + Math.min(minute, 8) + 4 * Math.sin(n);
		return { minute, rate: 2_000, p50: 0.7, p99: 3, errors: 0, rss, descriptors: 80, ...change(minute) };
	});

const missed = (samples: Sample[], unanswered: number | undefined = 0) =>
	verdict(samples, unanswered).flatMap(({ text, isMet }) => (isMet ? [] : [text]));

test("a soak that only breathes is as it should be", () => {
	expect(missed(soaked())).toEqual([]);
});

test("a soak says what grew, and what was lost", () => {
	const leak = soaked((minute) => ({ rss: 150 + minute }));
	expect(slope(leak.map(({ minute, rss }) => [minute, rss]))).toBeCloseTo(1);
	expect(missed(leak)).toEqual([expect.stringContaining("RSS grew 1.00 MiB a minute")]);
	expect(missed(soaked((minute) => ({ descriptors: 80 + Math.floor(minute) })))).toEqual([
		"descriptors: 80 at first, 110 at the end",
	]);
	expect(missed(soaked((minute) => ({ p99: minute })))).toEqual([expect.stringContaining("p99: 5.")]);
	expect(missed(soaked((minute) => ({ errors: minute === 1 ? 2 : 0 })))).toEqual([
		"2 publishes answered otherwise than `result`, 0 not answered",
	]);
	expect(missed(soaked(), 1)).toEqual(["0 publishes answered otherwise than `result`, 1 not answered"]);
});

test("a soak that did not come to its end is not taken for one that lost nothing", () => {
	expect(verdict(soaked(), undefined).at(-1)?.isMet).toBe(false);
	expect(verdict([], undefined).some(({ isMet }) => isMet)).toBe(false);
});

test("a soak's plot draws all it measured, also of a window in which nothing was answered", () => {
	const samples = soaked((minute) => (minute === 2 ? { rate: 0, p50: Number.NaN, p99: Number.NaN } : {}));
	const svg = soakPlot(samples, verdict(samples, 0));
	const lines = [...svg.matchAll(/<polyline [^>]*points="([^"]*)"/g)].map(([, points = ""]) => points);
	expect(lines.map((points) => points.split(" ").length)).toEqual([180, 180, 180, 180, 180]);
	expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
