/** What charts draw of numbers, and what is said of them. */
import { describe, expect, test } from "bun:test";
import { stackedBars } from "../../../src/web/console/charts/bars.ts";
import { linePath } from "../../../src/web/console/charts/lines.ts";
import { fiveOf, gapsOf, lastOf, medianOf, mostOf, topOf } from "../../../src/web/console/charts/numbers.ts";
import { gapsText } from "../../../src/web/console/charts/plot.tsx";
import { createFormats } from "../../../src/web/console/formats.ts";

describe("the scale", () => {
	test.each([
		[[], true, 2],
		[[0, 0], true, 2],
		[[1], true, 2],
		[[3, undefined, 5], true, 6],
		[[15], true, 16],
		[[121], true, 150],
		[[812], true, 1000],
		[[46], true, 50],
		[[0.4], false, 0.4],
		[[370], false, 400],
		[[1e9], true, 1e9],
	])("of %p ends at a round number, with another in its middle", (readings, isWhole, top) => {
		expect(topOf(readings, isWhole)).toBe(top);
	});

	test("holds whatever comes", () => {
		for (let value = 0; value < 5_000; value += 7) {
			const top = topOf([value], true);
			expect(top).toBeGreaterThanOrEqual(value);
			expect(Number.isInteger(top / 2)).toBe(true);
			expect(top).toBeLessThanOrEqual(Math.max(2, 2.5 * value));
		}
	});
});

describe("bars", () => {
	test("stand on each other, each in its own path", () => {
		const [below = "", above = ""] = stackedBars([[10], [10]], 20);
		expect(below).toBe("M48 100V50H552V100Z");
		expect(above).toBe("M48 49.4V0H552V49.4Z");
	});

	test("are left out where nothing is known, and where there is nothing", () => {
		expect(stackedBars([[undefined, 0, 5]], 10)).toEqual(["M416 100V50H584V100Z"]);
		expect(stackedBars([[]], 10)).toEqual([""]);
	});
});

describe("a line", () => {
	test("has a gap where nothing is known", () => {
		expect(linePath([0, 10, undefined, 10, 0], 10)).toBe("M0,100L150,0M450,0L600,100");
	});

	test("is a stroke where a reading stands alone", () => {
		expect(linePath([undefined, 5, undefined], 10)).toBe("M300,50h2");
		expect(linePath([], 10)).toBe("");
	});
});

describe("what is said", () => {
	const formats = createFormats(["en-GB"], () => Date.UTC(2026, 10, 27, 14), "UTC");
	const times = [0, 1, 2, 3, 4, 5].map((minute) => Date.UTC(2026, 10, 27, 13, minute));

	test("tells from when to when nothing is known", () => {
		const gaps = gapsOf(times, [1, undefined, undefined, 1, undefined, 1], 60_000);
		expect(gapsText(formats, gaps, times)).toBe("No numbers from 13:01 to 13:03, and from 13:04 to 13:05.");
		expect(gapsText(formats, gaps.slice(0, 1), times)).toBe("No numbers from 13:01 to 13:03.");
		expect(gapsText(formats, [], times)).toBe("");
		const many = [...gaps, ...gaps];
		expect(gapsText(formats, many, times)).toBe("No numbers from 13:01 to 13:03, and 3 more times.");
	});

	test("takes the middle, the greatest and the last of what is known", () => {
		expect(medianOf([undefined, 9, 1, 5])).toBe(5);
		expect(mostOf([undefined, 2, 9, 9])).toEqual({ index: 2, value: 9 });
		expect(lastOf([1, 2, undefined])).toBe(2);
		expect([medianOf([]), mostOf([undefined]), lastOf([])]).toEqual([undefined, undefined, undefined]);
	});

	test("has five times at the foot", () => {
		expect(fiveOf(times, 60_000).map(formats.time)).toEqual(["13:00", "13:01", "13:03", "13:04", "13:06"]);
		expect(fiveOf([], 60_000)).toEqual([]);
	});
});
