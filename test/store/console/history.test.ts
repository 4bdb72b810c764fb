/** The console's history: what a minute keeps, what is folded, and what goes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
	ANSWER_MS,
	bucketOf,
	type Figures,
	foldFigures,
	mostFrequent,
	noAnswers,
	quantileOf,
} from "../../../src/store/console/figures.ts";
import { createHistory, FOLDED, type History } from "../../../src/store/console/history.ts";
import { history as table } from "../../../src/store/schema.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const DAY = 1440;
const NOW = 30_000_000;

let database: TestDatabase;
let now: number;
let history: History;
beforeEach(async () => {
	database = await openTestDatabase();
	now = NOW * 60_000;
	history = createHistory(database.db, () => now);
});
afterEach(() => database.close());

function figures(more: Partial<Figures> = {}): Figures {
	return {
		host: "capulet",
		pushes: { webpush: { delivered: 2 } },
		publishes: 3,
		answers: noAnswers(),
		waiting: 0,
		oldestDueMs: 0,
		addresses: {},
		shut: [],
		...more,
	};
}

test("minutes of several connectors are read in their order, more than one piece of them", async () => {
	for (let minute = NOW - 300; minute < NOW; minute++)
		for (const connector of ["a", "b"]) await history.write(minute, connector, figures());
	const all = await history.read(NOW - 200, NOW - 1);
	expect(all).toHaveLength(400);
	expect(all[0]).toMatchObject({ minute: NOW - 200, connector: "a" });
	expect(all[1]).toMatchObject({ minute: NOW - 200, connector: "b" });
	expect(all.at(-1)).toMatchObject({ minute: NOW - 1, connector: "b", figures: { publishes: 3 } });
});

test("a connector that starts anew within a minute adds to what it wrote for it", async () => {
	await history.write(NOW, "a", figures({ waiting: 5 }));
	await history.write(NOW, "a", figures({ waiting: 7 }));
	const [row] = await history.read(NOW, NOW);
	expect(row?.figures).toMatchObject({ publishes: 6, pushes: { webpush: { delivered: 4 } }, waiting: 7 });
	expect(row?.figures.minutes).toBeUndefined();
});

test("what is older than a day is folded into quarters of an hour, once", async () => {
	const begin = NOW - DAY - 60 - ((NOW - DAY - 60) % FOLDED);
	for (let minute = begin; minute < begin + 2 * FOLDED; minute++) {
		await history.write(minute, "a", figures());
		await history.write(minute, "b", figures({ publishes: 1 }));
	}
	await history.write(NOW, "a", figures());
	await history.sweep();
	const rows = await history.read(begin, NOW);
	expect(
		rows.map(({ minute, connector, figures: { publishes, minutes } }) => [
			minute,
			connector,
			publishes,
			minutes,
		]),
	).toEqual([
		[begin, "a", 45, FOLDED],
		[begin, "b", 15, FOLDED],
		[begin + FOLDED, "a", 45, FOLDED],
		[begin + FOLDED, "b", 15, FOLDED],
		[NOW, "a", 3, undefined],
	]);
	await createHistory(database.db, () => now).sweep();
	expect(await history.read(begin, NOW)).toEqual(rows);
});

test("what is older than a week goes", async () => {
	await database.db.insert(table).values(
		Array.from({ length: 600 }, (_, at) => ({
			minute: NOW - 7 * DAY - 1 - at,
			connector: "a",
			figures: figures(),
		})),
	);
	await history.write(NOW - 7 * DAY, "a", figures());
	await history.sweep();
	expect(await history.read(0, NOW)).toHaveLength(1);
});

describe("figures", () => {
	test("are added where they are counted, and the last ones where they are of a moment", () => {
		const one = figures({ reasons: [["webpush", "later", "HTTP 503", 2]], waiting: 9, note: "away" });
		const two = figures({
			pushes: { webpush: { delivered: 1, gone: 1 }, fcm: { later: 4 } },
			reasons: [
				["webpush", "later", "HTTP 503", 5],
				["fcm", "later", "UNAVAILABLE", 4],
			],
			waiting: 1,
		});
		const folded = foldFigures([one, two]);
		expect(folded.pushes).toEqual({ webpush: { delivered: 3, gone: 1 }, fcm: { later: 4 } });
		expect(folded.reasons).toEqual([
			["webpush", "later", "HTTP 503", 7],
			["fcm", "later", "UNAVAILABLE", 4],
		]);
		expect(folded).toMatchObject({ publishes: 6, waiting: 1, minutes: 2 });
		expect(folded.note).toBeUndefined();
	});

	test("name no more than fifty reasons, and count the rest", () => {
		const reasons = Array.from(
			{ length: 80 },
			(_, at) => ["a", "later", `r${at}`, at + 1] as [string, "later", string, number],
		);
		const kept = mostFrequent(reasons);
		expect(kept).toHaveLength(50);
		expect(kept[0]?.[3]).toBe(80);
		expect(kept.reduce((sum, [, , , count]) => sum + count, 0)).toBe((80 * 81) / 2);
	});
});

describe("answers in buckets", () => {
	test("fall where they belong", () => {
		expect(bucketOf(0)).toBe(0);
		expect(bucketOf(0.5)).toBe(0);
		expect(bucketOf(0.6)).toBe(1);
		expect(bucketOf(30_000)).toBe(ANSWER_MS.length - 1);
		expect(bucketOf(30_001)).toBe(ANSWER_MS.length);
	});

	test("tell quantiles within a bucket of the truth", () => {
		const buckets = noAnswers();
		const times = Array.from({ length: 10_000 }, (_, at) => (at * 7919) % 997);
		for (const ms of times) {
			const at = bucketOf(ms);
			buckets[at] = (buckets[at] ?? 0) + 1;
		}
		const sorted = times.toSorted((a, b) => a - b);
		for (const q of [0.01, 0.5, 0.9, 0.99]) {
			const truth = sorted[Math.floor(q * sorted.length)] ?? 0;
			expect(Math.abs((quantileOf(buckets, q) ?? 0) - truth)).toBeLessThan(Math.max(1, truth * 0.1));
		}
	});

	test("without any there is none, and beyond the last bucket it is its beginning", () => {
		expect(quantileOf(noAnswers(), 0.5)).toBeUndefined();
		const late = noAnswers();
		late[ANSWER_MS.length] = 3;
		expect(quantileOf(late, 0.5)).toBe(30_000);
	});
});
