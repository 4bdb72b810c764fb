/** What a benchmark says at its end: that a target was missed, what another run measured, and nothing unreadable. */
import { expect, test } from "bun:test";
import { plot } from "../bench/plot.ts";
import { mergeResults, type SectionResults } from "../bench/results.ts";
import type { Row } from "../bench/rows.ts";
import { table } from "../bench/table.ts";

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

test("a section that was not run keeps its rows, in the order of the sections", () => {
	const machine = { cpu: "x", cores: 2, memory: 4, bun: "1", kernel: "6" };
	const of = (section: string, measuredAt: string): SectionResults => ({
		...{ section, measuredAt, commit: "c", machine, rows: [row] },
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
