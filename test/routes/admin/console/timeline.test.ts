import { expect, test } from "bun:test";
import { beginOf, timelineOf } from "../../../../src/routes/admin/console/timeline.ts";
import type { Figures } from "../../../../src/store/console/figures.ts";
import type { Minute } from "../../../../src/store/console/history.ts";

const MINUTE = 30_000_000;
const figures = (changed: Partial<Figures> = {}): Figures => ({
	host: "berta",
	pushes: { webpush: { delivered: 10, gone: 1 } },
	publishes: 12,
	answers: [0, 10, 2],
	waiting: 3,
	oldestDueMs: 6000,
	addresses: { "push@example.net/push": 1 },
	shut: [],
	...changed,
});
const row = (minute: number, connector = "a", changed: Partial<Figures> = {}): Minute => ({
	minute,
	connector,
	figures: figures(changed),
});

test("an hour has a step for each minute, the oldest first, and a gap where nothing is known", async () => {
	const { intervals, upTo, stepMs, totals } = await timelineOf(
		[row(MINUTE - 99), row(MINUTE - 2), row(MINUTE)],
		{
			period: "hour",
			minute: MINUTE,
		},
	);
	expect([intervals.length, stepMs, upTo]).toEqual([60, 60_000, (MINUTE + 1) * 60_000]);
	expect(intervals[0]).toEqual({ at: (MINUTE - 59) * 60_000 });
	expect(intervals.at(-2)).toEqual({ at: (MINUTE - 1) * 60_000 });
	expect(intervals.at(-1)).toMatchObject({
		pushes: { delivered: 10, later: 0, gone: 1, refused: 0, setup: 0 },
		publishes: 12,
		waiting: 3,
		oldestDue: 6000,
	});
	expect(totals.delivered).toBe(20);
	expect(intervals.at(-1)?.p99).toBeGreaterThan(intervals.at(-1)?.p50 ?? Number.NaN);
});

test("a week has a step for each hour; connectors are added up, and what waited is that of a step's end", async () => {
	const rows = [
		row(MINUTE, "a", { waiting: 5, oldestDueMs: 1 }),
		row(MINUTE, "b", { waiting: 2, oldestDueMs: 9, reasons: [["webpush", "gone", "410 ended", 3]] }),
		row(MINUTE - 1, "a", { waiting: 900, reasons: [["webpush", "gone", "410 ended", 4]] }),
	];
	// At the end of an hour, so that all are of one step.
	const minute = Math.floor(MINUTE / 60) * 60 + 59;
	const moved = rows.toReversed().map((one) => ({ ...one, minute: one.minute - MINUTE + minute }));
	const { intervals, connectors, reasons, byApp } = await timelineOf(moved, { period: "week", minute });
	expect(intervals).toHaveLength(168);
	expect(intervals[0]?.at).toBe(beginOf("week", minute) * 60_000);
	expect(intervals.at(-1)).toMatchObject({ publishes: 36, waiting: 7, oldestDue: 9 });
	expect(
		connectors.map(({ connector, delivered }) => [connector, delivered.at(-1), delivered.length]),
	).toEqual([
		["a", 20, 168],
		["b", 10, 168],
	]);
	expect(reasons).toEqual([{ app: "webpush", fate: "gone", reason: "410 ended", count: 7 }]);
	expect(byApp.get("webpush")?.gone).toBe(3);
});
