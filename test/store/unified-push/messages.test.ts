import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { unifiedPushBounds } from "../../../src/limits/bounds/unified-push.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { createUnifiedPushMessages, type NewMessage } from "../../../src/store/unified-push/messages.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let time = 1_000_000;
beforeEach(async () => {
	database = await openTestDatabase();
	time = 1_000_000;
});
afterEach(() => database.close());

const open = (pause?: () => Promise<void>) =>
	createUnifiedPushMessages(database.db, { clock: () => time, leaseMs: 1_000, ...(pause && { pause }) });
const message = (body: string, given: Partial<NewMessage> = {}): NewMessage => ({
	node: "N",
	party: "example.org",
	body,
	bytes: 100,
	ttlMs: 60_000,
	...given,
});
const bodies = async (node = "N") => {
	const { rows } = await database.client.execute({
		sql: "SELECT body FROM unifiedpush_messages WHERE node = ? ORDER BY id",
		args: [node],
	});
	return rows.map(({ body }) => String(body));
};

describe("what waits for UnifiedPush devices", () => {
	test("is claimed in its order, once, until its lease ends", async () => {
		const kept = open();
		for (const body of ["1", "2", "3"]) await kept.put(message(body));
		expect((await kept.claim("N", "me", 2)).map(({ body }) => body)).toEqual(["1", "2"]);
		expect((await kept.claim("N", "other", 10)).map(({ body }) => body)).toEqual(["3"]);
		expect(await kept.claim("N", "other", 10)).toEqual([]);
		time += 1_000;
		expect((await kept.claim("N", "other", 10)).map(({ body }) => body)).toEqual(["1", "2", "3"]);
	});

	test("is due at once where nobody claimed it, and after a while, then longer, where it was put off", async () => {
		const kept = open();
		await kept.put(message("1", { ttlMs: 3_600_000 }));
		expect(await kept.due(10)).toEqual(["N"]);
		await kept.claim("N", "me", 10);
		expect(await kept.due(10)).toEqual([]);
		for (const wait of [15_000, 30_000, 60_000]) {
			await kept.putOff("N", "me");
			time += wait - 1;
			expect(await kept.due(10)).toEqual([]);
			time += 1;
			expect(await kept.due(10)).toEqual(["N"]);
			expect(await kept.claim("N", "me", 10)).toHaveLength(1);
		}
	});

	test("that another one claimed is not put off, and is given back by that one alone", async () => {
		const kept = open();
		await kept.put(message("1", { claimedBy: "other" }));
		await kept.putOff("N", "me");
		await kept.giveBack("me");
		expect(await kept.due(10)).toEqual([]);
		await kept.takeBack("oth", "other");
		await kept.takeBack("x", "me");
		expect(await kept.due(10)).toEqual([]);
		await kept.takeBack("oth", "me");
		expect(await kept.due(10)).toEqual(["N"]);
		await kept.claim("N", "me", 1);
		await kept.giveBack("me");
		expect(await kept.due(10)).toEqual(["N"]);
	});

	test("that another one puts off after its device came online is due at once", async () => {
		const kept = open();
		await kept.put(message("1", { claimedBy: "other" }));
		await kept.hasten(["N"], "other");
		await kept.hasten(["N"], "me");
		await kept.putOff("N", "other");
		expect(await kept.due(10)).toEqual(["N"]);
		await kept.claim("N", "me", 1);
		await kept.putOffOne(1);
		expect(await kept.due(10)).toEqual([]);
		time += 15_000;
		expect(await kept.due(10)).toEqual(["N"]);
	});

	test("is replaced by a newer one of its topic, and by no other", async () => {
		const kept = open();
		await kept.put(message("1", { topic: "a" }));
		await kept.put(message("2", { topic: "b" }));
		await kept.put(message("3", { topic: "a", node: "M" }));
		await kept.put(message("4", { topic: "a" }));
		await kept.put(message("5"));
		expect(await bodies()).toEqual(["2", "4", "5"]);
		expect(await bodies("M")).toEqual(["3"]);
	});

	test("written together is in its order, and of one topic only the newest is there", async () => {
		const gathered = Promise.withResolvers<void>();
		const kept = open(() => gathered.promise);
		const puts = [
			kept.put(message("1", { topic: "a" })),
			kept.put(message("2")),
			kept.put(message("3", { topic: "a" })),
			kept.put(message("4", { node: "M" })),
		];
		gathered.resolve();
		const [first, ...rest] = await Promise.all(puts);
		expect(first?.id).toBeUndefined();
		expect(rest.map(({ hasOthers }) => hasOthers)).toEqual([true, true, false]);
		expect(await bodies()).toEqual(["2", "3"]);
		const ids = rest.map(({ id }) => id ?? 0);
		expect(ids).toEqual(ids.toSorted((a, b) => a - b));
		const claimed = await kept.claim("N", "me", 10);
		expect(claimed.map(({ id, body }) => [id, body])).toEqual([
			[ids[0] ?? 0, "2"],
			[ids[1] ?? 0, "3"],
		]);
	});

	test("is bounded by number and by bytes: the oldest go", async () => {
		const kept = open();
		const { waiting, waitingBytes } = unifiedPushBounds;
		for (let number = 0; number < waiting.is + 2; number++) await kept.put(message(String(number)));
		expect(await bodies()).toEqual([...Array(waiting.is).keys()].map((number) => String(number + 2)));
		const large = 4096;
		for (let number = 0; number < waitingBytes.is / large + 1; number++)
			await kept.put(message(`L${number}`, { node: "M", bytes: large }));
		expect(await bodies("M")).toHaveLength(waitingBytes.is / large);
		expect((await bodies("M"))[0]).toBe("L1");
	});

	test("goes when it expires, and is counted until then", async () => {
		const kept = open();
		const least = unifiedPushBounds.waitingLeast.is;
		await kept.put(message("1", { ttlMs: 10_000, bytes: 1_000 }));
		await kept.put(message("2", { party: "example.com", bytes: 1 }));
		expect(await kept.usage()).toEqual({
			all: 1_000 + least,
			parties: new Map([
				["example.com", least],
				["example.org", 1_000],
			]),
		});
		time += 10_000;
		expect((await kept.claim("N", "me", 10)).map(({ body }) => body)).toEqual(["2"]);
		await kept.due(10);
		expect(await bodies()).toEqual(["2"]);
		time += 60_000;
		await kept.sweep();
		expect(await kept.count()).toBe(0);
	});

	test("is found by the device that it is for, and by no other", async () => {
		const registrations = createRegistrations(database.db, { owner: 10, address: 10, host: 10 });
		const jid = "juliet@example.org/phone";
		const wanted = { owner: "juliet@example.org", app: "up", device: "a i", token: jid };
		await registrations.registerInBatch(wanted, "N");
		const kept = open();
		const { id = 0 } = await kept.put(message("1"));
		expect(await kept.waitingFor("up", jid)).toEqual({ free: ["N"], claimed: [] });
		expect(await kept.waitingFor("up", "juliet@example.org/other")).toEqual({ free: [], claimed: [] });
		expect(await kept.nodeOf(id, "up", jid)).toBe("N");
		expect(await kept.nodeOf(id, "up", "romeo@example.org/phone")).toBeUndefined();
		await kept.claim("N", "me", 10);
		expect(await kept.waitingFor("up", jid)).toEqual({ free: [], claimed: ["N"] });
		await kept.moved("N", "M");
		expect(await bodies("M")).toEqual(["1"]);
		await kept.remove([id]);
		expect(await kept.count()).toBe(0);
	});
});

describe("the database", () => {
	test("reads no more of what waits, and of registrations, than it is asked for", async () => {
		const { client } = database;
		const execute = client.execute.bind(client);
		const asked: { sql: string; args: unknown }[] = [];
		client.execute = (async (statement: { sql: string; args: unknown }) => {
			asked.push(statement);
			return execute(statement as never);
		}) as never;
		const store = open();
		await store.put(message("1", { ttlMs: 1 }));
		time += 2;
		await store.due(30);
		await store.waitingFor("app", "juliet@example.org/phone");
		await store.nodeOf(1, "app", "juliet@example.org/phone");
		await store.stillClaimed([1], "A");
		await store.claim("N", "A", 10);
		await store.putOff("N", "A");
		await store.putOffOne(1);
		await store.hasten(["N"], "A");
		await store.standBehind(["N"]);
		await store.remove([1]);
		await store.removeOf("N");
		client.execute = execute as never;
		expect(asked.length).toBeGreaterThan(8);
		for (const { sql, args } of asked) {
			const { rows } = await execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: args as never });
			const plan = rows.map(({ detail }) => String(detail));
			expect([
				sql,
				plan.filter((step) => /^SCAN (registrations|unifiedpush)|registrations_app/.test(step)),
			]).toEqual([sql, []]);
		}
	});

	test("gives what has been due longest first, whatever its node, and each registration once", async () => {
		const store = open();
		for (const node of ["Z", "M", "A"]) {
			for (let count = 0; count < 3; count++) await store.put(message("1", { node }));
			time += 1;
		}
		expect(await store.due(2)).toEqual(["Z", "M"]);
		expect(await store.due(9)).toEqual(["Z", "M", "A"]);
	});
});
