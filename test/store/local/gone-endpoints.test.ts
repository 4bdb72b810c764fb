import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../../src/bun/database/open.ts";
import { GONE_MS, openGoneMemory } from "../../../src/delivery/gone-memory.ts";
import { type GoneEndpoints, openGoneEndpoints } from "../../../src/store/local/gone-endpoints.ts";

let folder: string;
let file: OpenDatabase;

const openFile = () => openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });
const open = () => openGoneEndpoints(file.db, async () => {});

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	file = await openFile();
});
afterEach(async () => {
	file.client.close();
	await rm(folder, { recursive: true, force: true });
});

test("an endpoint that is gone is remembered by the next process, for a day", async () => {
	const clock = { now: 10 * GONE_MS };
	const warned: string[] = [];
	const log = { warn: (text: string) => void warned.push(text) } as never;
	const remember = () => openGoneMemory({ kept: open(), log, now: () => clock.now });
	const memory = await remember();
	expect(memory.known).toEqual([]);
	memory.note("one", clock.now);
	memory.note("two", clock.now + 1);
	memory.note("one", clock.now + 2);
	await memory.written();
	file.client.close();
	file = await openFile();
	expect((await remember()).known).toEqual([
		{ hash: "one", goneAt: clock.now + 2 },
		{ hash: "two", goneAt: clock.now + 1 },
	]);
	clock.now += 2 * GONE_MS;
	expect((await remember()).known).toEqual([]);
	expect(warned).toEqual([]);
});

test("of many the latest stay", async () => {
	const kept = open();
	for (const at of [1_000, 2_000, 3_000, 4_000]) await kept.save(`at ${at}`, at);
	const times = async (limit = 10) => (await kept.load(0, 9_000, limit)).map(({ goneAt }) => goneAt);
	expect(await times(2)).toEqual([4_000, 3_000]);
	await kept.keep(2_000, 9_000, 2);
	expect(await times()).toEqual([4_000, 3_000]);
	await kept.keep(4_000, 9_000, 2);
	expect(await times()).toEqual([4_000]);
});

test("those beyond are found without a look at each of the others", async () => {
	const most = 100_000;
	await file.client.execute(
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${most + 10})
			INSERT INTO gone_endpoints SELECT hex(randomblob(21)), i FROM n`,
	);
	const kept = open();
	const took = async (step: () => Promise<unknown>) => {
		const times = [];
		for (let n = 0; n < 3; n++) {
			const at = performance.now();
			await step();
			times.push(performance.now() - at);
		}
		return Math.min(...times);
	};
	// All of them are read by their names, and nothing is done with them.
	const all = await took(() => file.client.execute("SELECT max(hash || '') FROM gone_endpoints"));
	expect(await took(() => kept.keep(0, 2 * most, most))).toBeLessThan(all);
	expect(await kept.load(0, 2 * most, 2 * most)).toHaveLength(most);
});

test("where it cannot be written, it is known until the process ends, and the log says so", async () => {
	const warned: string[] = [];
	const clock = { now: 10 * GONE_MS };
	const kept: GoneEndpoints = {
		load: async () => [],
		save: () => Promise.reject(new Error("disk full")),
		keep: async () => {},
	};
	const memory = await openGoneMemory({
		kept,
		log: { warn: (text: string) => void warned.push(text) } as never,
		now: () => clock.now,
	});
	memory.note("one", 1);
	await memory.written();
	expect(warned).toHaveLength(1);
	// Strangers decide how many there are.
	for (let n = 0; n < 100; n++) memory.note(`more ${n}`, 1);
	await memory.written();
	expect(warned).toHaveLength(1);
	clock.now += 60_000;
	memory.note("one", 1);
	await memory.written();
	expect(warned).toHaveLength(2);
});
