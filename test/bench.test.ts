/** What a benchmark says at its end: that a target was missed, what another run measured, and nothing unreadable. */
import { expect, test } from "bun:test";
import { plot } from "../bench/plot.ts";
import { mergeResults, type SectionResults } from "../bench/results.ts";
import { isMet, missingRow, type Row } from "../bench/rows.ts";
import { soakPlot } from "../bench/soak/plot.ts";
import { type Sample, slope, verdict } from "../bench/soak/verdict.ts";
import type { StartResults } from "../bench/start-results.ts";
import { table } from "../bench/table.ts";
import { inTurns } from "../bench/turns.ts";
import { collectionsText, createCollectionLog } from "../bench/wire/collections.ts";
import { performanceOfPartsPage, performancePage } from "../build/performance-page.ts";

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

const NO_STARTS: StartResults = {
	measuredAt: "2026-01-01T00",
	commit: "abc",
	machine: { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" },
	runs: 0,
	idleS: 0,
	starts: [],
};

test("a page has the rows of its own sections, and what falls short in them alone", () => {
	const machine = { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" };
	const of = (section: string): SectionResults => ({
		section,
		measuredAt: "2026-01-01T00",
		commit: "abc",
		machine,
		rows: [{ ...row, name: `row of ${section}` }],
	});
	const all = [of("wire"), of("outbox")];
	const pages = [performancePage(all), performanceOfPartsPage(all, NO_STARTS)].map((page) =>
		[...page.matchAll(/^(?:\||-) (row of \w+)/gm)].map(([, name]) => name),
	);
	expect(pages).toEqual([
		["row of wire", "row of wire"],
		["row of outbox", "row of outbox"],
	]);
});

test("the page has below a table what its rows found out, each once, and says what could not be measured", () => {
	const machine = { cpu: "x", cores: 1, memory: 4, bun: "1", kernel: "6" };
	const note = "64 connections";
	const rows = [
		{ ...row, name: "one", note },
		{ ...row, name: "other", note },
		{ ...row, name: "many", note: "start 206 ms" },
		missingRow("alone on a core", "publishes", "this machine has one core"),
	];
	const page = performancePage([
		{ section: "wire", measuredAt: "2026-01-01T00", commit: "abc", machine, rows },
	]);
	expect(page).toContain("\n- one; other: 64 connections\n");
	expect(page).toContain("| many: start 206 ms | 6,000 |");
	expect(page).not.toContain("- many: start 206 ms");
	expect(page).toContain("| alone on a core: not measured, this machine has one core |");
});

test("what could not be measured is neither met nor missed, and nobody draws it", () => {
	const missing = missingRow("alone on a core", "publishes", "this machine has one core");
	expect(isMet(missing)).toBeUndefined();
	const printed = table([{ section: "wire", rows: [missing] }]);
	expect(printed).toContain("not measured");
	expect(printed).toContain("    this machine has one core");
	expect(plot([{ section: "wire", rows: [missing] }])).not.toMatch(/alone on a core|NaN|Infinity/);
});

/** As Bun 1.4.5 tells of a collection with two stops. */
const COLLECTION = `[GC<0x2a589a08118>: starting 0.052929ms]
Requesting GC because bytes allocated this cycle: 8402106 exceed bytes allowed: 8388608 normal bytes: 7495850
[GC<0x2a589a08118>: START M 8875kb => EdenCollection, a=0kb hf=0.000 mu=0.600 v=0kb (C:0 M:0 P1:0) 1473+0 p=1.5ms (max 1.5)...]
[GC<0x2a589a08118>: M a=193kb hf=0.059 mu=0.565 i#2:N<WsOJw>Pbc 0+2 => 8980kb, p=0.25ms (max 1.5), cycle 10.25ms END]
GC END!
[GC<0x2a589a08118>: epilogue 0.012629ms]`.split("\n");

test("garbage collections are told by what they stopped, those of the time that was measured", () => {
	let now = 0;
	const log = createCollectionLog(() => now);
	for (now = 1_000; now <= 4_000; now += 1_000)
		expect(COLLECTION.map((line) => log.read(line))).toEqual(COLLECTION.map(() => true));
	expect(log.read("an error of the program")).toBe(false);
	const measured = log.between(2_000, 3_000);
	expect(measured).toEqual([2_000, 3_000].map((at) => ({ at, stopped: 1.75, whole: 10.25 })));
	expect(collectionsText(measured, 1)).toBe(
		"2.0 garbage collections a second: one stops the thread for 1.8 ms, at most 1.8, and is over after 10.3 ms, at most 10.3",
	);
	expect(collectionsText([], 1)).toBe("no garbage collection");
});

test("the page has each way to start, and which of the aims it misses", () => {
	const start = {
		...NO_STARTS,
		starts: [
			{ name: "floor", ms: 200, rss: 99, pss: 9, own: 2, isFloor: true as const },
			{ name: "one", ms: 119, rss: 63.4, pss: 60, own: 20.6 },
			{ name: "other", ms: 121, rss: 64, pss: 60, own: 30 },
		],
	};
	const page = performanceOfPartsPage([], start);
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
