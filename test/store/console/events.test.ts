/** The console's events: found again, counted, and no more of them than may be. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { consoleBounds } from "../../../src/limits/bounds/console.ts";
import { createEvents, type Events, type Happened } from "../../../src/store/console/events.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const DAY_MS = 86_400_000;

let database: TestDatabase;
let now: number;
let events: Events;
beforeEach(async () => {
	database = await openTestDatabase();
	now = 20_000 * DAY_MS + 3_600_000;
	events = createEvents(database.db, () => now);
});
afterEach(() => database.close());

const happened = (more: Partial<Happened> = {}): Happened => ({
	at: now,
	kind: "ended",
	node: "node-1",
	owner: "romeo@montague.example",
	app: "webpush",
	reason: "HTTP 410",
	decider: "provider",
	decidedBy: "Mozilla",
	...more,
});

const many = (count: number, more: (at: number) => Partial<Happened>) =>
	Array.from({ length: count }, (_, at) => happened(more(at)));

test("what happened is told as it was, the newest first", async () => {
	const nobodys: Happened = {
		at: now,
		kind: "gate",
		reason: "HTTP 503",
		decider: "provider",
		decidedBy: "fcm",
	};
	await events.write([happened(), nobodys]);
	const found = (await events.list({ limit: 10 })).events;
	expect(found).toEqual([
		{ ...nobodys, id: "2", count: 1, isStrangers: false },
		{ ...happened(), id: "1", count: 1, isStrangers: false },
	]);
});

test("pages follow each other without a gap, and the newer ones can be asked for", async () => {
	await events.write(many(120, (at) => ({ node: `n${at}` })));
	const first = await events.list({ limit: 50 });
	const second = await events.list({ limit: 50, before: first.next });
	const third = await events.list({ limit: 50, before: second.next });
	const nodes = [first, second, third].flatMap((page) => page.events.map(({ node }) => node));
	expect(nodes).toEqual(Array.from({ length: 120 }, (_, at) => `n${119 - at}`));
	expect(third.next).toBeUndefined();
	const newer = await events.list({ limit: 50, since: "118" });
	expect(newer.events.map(({ id }) => id)).toEqual(["120", "119"]);
});

test("kind and text choose among them, and the text is literal", async () => {
	await events.write([
		happened({ reason: "100% wrong" }),
		happened({ reason: "100 wrong", kind: "failed" }),
		happened({ owner: "JULIET@capulet.example", reason: "x" }),
	]);
	const found = async (text: string, kind?: Happened["kind"]) =>
		(await events.list({ text, kind, limit: 10 })).events.map(({ id }) => id);
	expect(await found("0%")).toEqual(["1"]);
	expect(await found("_")).toEqual([]);
	expect(await found("Juliet@")).toEqual(["3"]);
	expect(await found("WRONG")).toEqual(["2", "1"]);
	expect(await found("wrong", "failed")).toEqual(["2"]);
	expect(await found("\ud800")).toEqual([]);
	expect(await found("mozilla")).toEqual(["3", "2", "1"]);
});

test("one among many is found behind several pages that found nothing", async () => {
	await events.write([happened({ reason: "the needle" }), ...many(6_000, () => ({}))]);
	expect((await events.list({ text: "needle", limit: 5 })).events).toHaveLength(1);
	expect(await events.list({ text: "nothing of it", limit: 5 })).toEqual({ events: [] });
});

test("those about a registration and about an owner are found, also when they are long gone", async () => {
	await events.write([
		happened({ node: "a" }),
		happened({ node: "b" }),
		happened({ node: "b", owner: "other@x.example" }),
	]);
	expect((await events.about({ node: "b" }, 10)).map(({ id }) => id)).toEqual(["3", "2"]);
	expect((await events.about({ owner: "romeo@montague.example" }, 1)).map(({ id }) => id)).toEqual(["2"]);
});

test("today is counted by app, kind and reason, with what one event stands for", async () => {
	await events.write([
		...many(3_000, () => ({ at: now - DAY_MS })),
		...many(3, () => ({})),
		happened({ kind: "failed", reason: "HTTP 503", count: 40 }),
	]);
	expect(await events.countToday()).toEqual([
		{ app: "webpush", kind: "failed", reason: "HTTP 503", count: 40 },
		{ app: "webpush", kind: "ended", reason: "HTTP 410", count: 3 },
	]);
});

test("texts that are too long are cut, half characters are replaced", async () => {
	await events.write([
		happened({ reason: "r".repeat(5_000), owner: "o".repeat(5_000), node: "n\ud800".repeat(2_000) }),
	]);
	const [event] = (await events.list({ limit: 1 })).events;
	expect(event?.reason).toHaveLength(consoleBounds.eventText.is);
	expect(event?.owner?.length).toBeLessThanOrEqual(512);
	expect(event?.node?.isWellFormed()).toBe(true);
});

describe("a sweep", () => {
	test("removes what is older than 30 days", async () => {
		await events.write([...many(700, () => ({ at: now - 31 * DAY_MS })), happened()]);
		await events.sweep();
		expect((await events.list({ limit: 10 })).events).toHaveLength(1);
		expect(await events.from()).toBe(now);
	});

	test("removes what strangers brought about beyond its bound, and nothing else for it", async () => {
		await events.write([happened({ reason: "matters" })]);
		const strangers = consoleBounds.strangersEvents.is + 600;
		await events.write(
			many(strangers, (at) => ({ kind: "wrong-secret", isStrangers: true, reason: `${at}` })),
		);
		await events.sweep();
		const left = await database.client.execute(
			"select is_strangers, count(*) n from events group by 1 order by 1",
		);
		expect(left.rows.map((row) => row.n)).toEqual([1, consoleBounds.strangersEvents.is]);
		expect((await events.list({ limit: 1, text: "matters" })).events).toHaveLength(1);
		expect((await events.list({ limit: 1 })).events[0]?.reason).toBe(`${strangers - 1}`);
	});
});
