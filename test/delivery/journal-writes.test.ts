/** What is written once a minute: one transaction, nothing while the database is away, and later all of it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createJournal, type Journal } from "../../src/delivery/journal.ts";
import { createJournalWrites, type Moment } from "../../src/delivery/journal-writes.ts";
import { consoleBounds } from "../../src/limits/bounds/console.ts";
import { type ConsoleStore, openConsoleStore } from "../../src/store/console/console-store.ts";
import type { MinuteBatch } from "../../src/store/console/minute-batch.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";
import { readableLog } from "./delivery-fixture.ts";

const MINUTE = 30_000_000;
const MOMENT: Moment = {
	host: "capulet",
	waiting: 2,
	oldestDueMs: 30,
	addresses: { "push@x.example": 5 },
	shut: [],
};

let database: TestDatabase;
let store: ConsoleStore;
let journal: Journal;
let now: number;
let isAway: boolean;
let lines: string[];
beforeEach(async () => {
	database = await openTestDatabase();
	store = openConsoleStore({ db: database.db, registrations: { endOf: async () => [] }, now: () => now });
	now = (MINUTE + 1) * 60_000;
	isAway = false;
	journal = createJournal({ now: () => now });
	lines = [];
});
afterEach(() => database.close());

function writes({ isSending = true } = {}) {
	const connector = isSending ? { id: "one", moment: async () => MOMENT } : undefined;
	const readable = readableLog();
	lines = readable.lines;
	const writeMinute: MinuteBatch = async (...given) => {
		if (isAway) throw new Error("away");
		await store.writeMinute(...given);
	};
	return createJournalWrites({ journal, writeMinute, connector, log: readable.log, now: () => now });
}

const ended = (node: string) =>
	journal.note({ kind: "ended", node, reason: "HTTP 410", decider: "provider", decidedBy: "Mozilla" });

test("the figures of the minute that ends and its events are written in one transaction", async () => {
	const statements: number[] = [];
	const batch = database.client.batch.bind(database.client);
	database.client.batch = ((all: [], ...rest: []) => {
		statements.push(all.length);
		return batch(all, ...rest);
	}) as typeof batch;
	const writing = writes();
	journal.answered(3);
	journal.sent("n", "webpush", { at: now, ms: 1, outcome: { kind: "delivered" } });
	ended("n");
	await writing.write();
	expect(statements).toEqual([2]);
	const [row] = await store.history.read(0, MINUTE + 10);
	expect(row).toMatchObject({
		minute: MINUTE,
		connector: "one",
		figures: { ...MOMENT, publishes: 1, pushes: { webpush: { delivered: 1 } } },
	});
	expect((await store.events.list({ limit: 5 })).events).toMatchObject([{ node: "n", at: now }]);
});

test("a process that sends nothing writes its events alone, and nothing where there are none", async () => {
	const writing = writes({ isSending: false });
	const silent = createJournalWrites({
		journal,
		writeMinute: () => Promise.reject(new Error("asked")),
		log: readableLog().log,
	});
	await silent.write();
	ended("n");
	await writing.write();
	expect((await store.events.list({ limit: 5 })).events).toHaveLength(1);
	expect(await store.history.read(0, MINUTE + 10)).toEqual([]);
});

test("while the database is away nothing is lost, one line is logged, and all is written later", async () => {
	const writing = writes();
	isAway = true;
	for (let minute = 0; minute < 5; minute++) {
		ended(`n${minute}`);
		journal.answered(1);
		await writing.write();
		now += 60_000;
	}
	expect(lines.filter((line) => line.includes("console-not-saved"))).toHaveLength(1);
	isAway = false;
	await writing.write();
	const rows = await store.history.read(0, MINUTE + 100);
	expect(rows.map(({ minute, figures }) => [minute - MINUTE, figures.publishes])).toEqual([
		[0, 1],
		[1, 1],
		[2, 1],
		[3, 1],
		[4, 1],
		[5, 0],
	]);
	expect((await store.events.list({ limit: 50 })).events.map(({ node }) => node)).toEqual([
		"n4",
		"n3",
		"n2",
		"n1",
		"n0",
	]);
});

test("what there is no room for meanwhile is counted", async () => {
	const writing = writes();
	isAway = true;
	for (let minute = 0; minute < consoleBounds.minutesWaiting.is + 10; minute++) {
		for (let at = 0; at < 50; at++) ended(`${minute}-${at}`);
		await writing.write();
		now += 60_000;
	}
	isAway = false;
	await writing.write();
	expect(await store.history.read(0, MINUTE + 1_000)).toHaveLength(consoleBounds.minutesWaiting.is);
	const all = await database.client.execute("select count(*) n from events where kind = 'ended'");
	expect(all.rows[0]?.n).toBe(consoleBounds.eventsWaiting.is);
	const [last] = (await store.events.list({ limit: 1 })).events;
	expect(last?.reason).toBe("the database was away: 1500 events and the numbers of 11 minutes were left out");
});

test("what strangers bring about meanwhile takes no room of the rest", async () => {
	const writing = writes({ isSending: false });
	isAway = true;
	for (let minute = 0; minute < 40; minute++) {
		for (let at = 0; at < 300; at++) {
			const by = `d${at}.example`;
			journal.note({
				kind: "wrong-secret",
				reason: "wrong secret",
				decider: "server",
				decidedBy: by,
				isStrangers: true,
				by,
			});
		}
		ended(`${minute}`);
		await writing.write();
		now += 60_000;
	}
	isAway = false;
	await writing.write();
	const { rows } = await database.client.execute(
		"select count(*) filter (where kind = 'ended') ended, count(*) n from events",
	);
	expect(rows[0]).toMatchObject({ ended: 40, n: consoleBounds.eventsWaiting.is + 1 });
});

test("a failed write is no event twice", async () => {
	const writing = writes();
	ended("n");
	isAway = true;
	await writing.write();
	isAway = false;
	await Promise.all([writing.write(), writing.write()]);
	expect((await store.events.list({ limit: 5 })).events).toHaveLength(1);
});

test("what is there at the end of the process is written", async () => {
	const writing = writes();
	writing.start();
	ended("n");
	await writing.stop();
	expect((await store.events.list({ limit: 5 })).events).toHaveLength(1);
});
