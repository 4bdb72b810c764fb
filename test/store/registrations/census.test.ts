import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createCensus } from "../../../src/store/registrations/census.ts";
import type { Pace } from "../../../src/store/registrations/table-scan.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const KEYS = { keys: { ids: ["key-1"] as [string] }, known: () => ({ ids: ["key-1"], since: 0 }) };

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

/** Rows with these numbers. */
const fill = (from: number, to: number) =>
	database.client.execute(
		`WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
		INSERT INTO registrations (node, app, device, token, jid, registered_at, renewed_at)
		SELECT 'node' || i, iif(i % 3, 'fcm', 'apns'), 'd' || i, 't', iif(i % 4, 'push.example.org', NULL), 1, 1 FROM n`,
	);

test("one pass counts all there is to count, slice after slice, with pauses for others between them", async () => {
	await fill(1, 12_000);
	// Some of the numbers that rows have are nobody's any more.
	await database.client.execute('DELETE FROM registrations WHERE "rowid" BETWEEN 3000 AND 8999');
	let pauses = 0;
	const pace: Pace = { rows: 500, pause: async () => void pauses++ };
	const census = createCensus(database.db, { ...KEYS, pace, isServed: (jid) => jid !== "push.example.org" });
	expect(await census.whole()).toEqual({
		apps: new Map([
			["apns", 2_000],
			["fcm", 4_000],
		]),
		keys: [{ key: "key-1", state: "current", count: 0 }],
		unserved: { count: 4_500, addresses: ["push.example.org"] },
	});
	expect(pauses).toBe(24);
});

test("of none there are none", async () => {
	const census = createCensus(database.db, KEYS);
	const { apps, unserved } = await census.whole();
	expect([apps.size, unserved.count]).toEqual([0, 0]);
});

test("of addresses that nobody has some are named, however many there are", async () => {
	await database.client.execute(
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		INSERT INTO registrations (node, app, device, token, jid, registered_at, renewed_at)
		SELECT 'node' || i, 'fcm', 'd' || i, 't', i || '@push.example.org', 1, 1 FROM n`,
	);
	const { unserved } = await createCensus(database.db, { ...KEYS, isServed: () => false }).whole();
	expect(unserved.count).toBe(5_000);
	expect(unserved.addresses).toHaveLength(6);
});

describe("whoever asks for the latest counts", () => {
	let clock: number;
	let passes: number;
	/** Ends the pause of the pass that is under way. */
	let goOn: () => void;
	beforeEach(() => {
		[clock, passes] = [0, 0];
	});

	/** @param tookMs how long each slice takes; undefined: it ends only when it is told to */
	function open(tookMs: number | undefined) {
		const pace: Pace = {
			rows: 1_000_000,
			pause() {
				passes++;
				clock += tookMs ?? 0;
				if (tookMs !== undefined) return Promise.resolve();
				return new Promise((resolve) => {
					goOn = resolve;
				});
			},
		};
		return createCensus(database.db, { ...KEYS, pace, steady: () => clock });
	}
	const sum = (counts: { apps: ReadonlyMap<string, number> } | undefined) =>
		counts && [...counts.apps.values()].reduce((all, one) => all + one, 0);

	test("waits for a short pass, and others get what it counted, until it is due again", async () => {
		await fill(1, 10);
		const census = open(1);
		expect((await Promise.all([census.latest(), census.latest()])).map(sum)).toEqual([10, 10]);
		expect(passes).toBe(1);
		await fill(11, 12);
		// What it took is so little that it may be done again soon.
		clock += 600_000;
		expect(sum(await census.latest())).toBe(12);
		expect(passes).toBe(2);
	});

	test("is told nothing while the first pass takes long, and then of the one before", async () => {
		await fill(1, 10);
		const census = open(undefined);
		expect(await census.latest()).toBeUndefined();
		clock += 10_000;
		const first = census.whole();
		goOn();
		expect(sum(await first)).toBe(10);
		await fill(11, 12);
		clock += 600_000;
		expect(sum(await census.latest())).toBe(10);
		const second = census.whole();
		while (passes < 2) await Bun.sleep(1);
		goOn();
		expect(sum(await second)).toBe(12);
		expect(sum(await census.latest())).toBe(12);
	});

	test("is told of the last pass that succeeded while the database is away, or nothing", async () => {
		const never = createCensus(database.db, { ...KEYS, known: () => JSON.parse("") });
		expect(await never.latest()).toBeUndefined();
		expect(never.whole()).rejects.toThrow();
	});
});
