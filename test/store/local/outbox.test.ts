import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../../src/bun/database/open.ts";
import { type Outbox, type OutboxEntry, openOutbox } from "../../../src/store/local/outbox.ts";
import { ownSlot, slotOfPublisher } from "../../../src/store/local/outbox-slots.ts";

let folder: string;
let file: OpenDatabase;

const openFile = () => openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	file = await openFile();
});
afterEach(async () => {
	file.client.close();
	await rm(folder, { recursive: true, force: true });
});

const entry = (changes: Partial<OutboxEntry> = {}): OutboxEntry => ({
	node: "N",
	class: "high",
	version: 1,
	notification: { class: changes.class ?? "high", body: `version ${changes.version ?? 1}` },
	attempts: 1,
	dueAt: 1000,
	expiresAt: 9000,
	...changes,
});

describe("what is kept", () => {
	test("comes out as it went in, to the last error", async () => {
		const outbox = await openOutbox(file.db);
		const kept = entry({
			lastError: "503 push service unwell",
			notification: {
				class: "high",
				count: 3,
				sender: "juliet@example",
				body: "♥ 'quoted' \u0000",
				encrypted: { data: "a", iv: "b" },
			},
		});
		await outbox.put(kept, entry({ node: "M" }));
		expect(await outbox.due(undefined, 1000, 10)).toEqual([kept, entry({ node: "M" })]);
		await outbox.change({ ...kept, gate: "app" });
		expect(await outbox.due("app", 1000, 10)).toEqual([{ ...kept, gate: "app" }]);
		expect((await outbox.depth()).entries).toBe(2);
	});

	test("is one entry for each registration and class", async () => {
		const outbox = await openOutbox(file.db);
		for (const pushClass of ["high", "low", "voip", "event"] as const)
			await outbox.put(entry({ class: pushClass }), entry({ class: pushClass, node: "M" }));
		expect((await outbox.depth()).entries).toBe(8);
	});

	test("comes out oldest first, only what is due, and not more than asked for", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(
			entry({ node: "late", dueAt: 3000 }),
			entry({ node: "first", dueAt: 1000 }),
			entry({ node: "second", dueAt: 2000 }),
		);
		const due = async (now: number, limit: number) =>
			(await outbox.due(undefined, now, limit)).map(({ node }) => node);
		expect(await due(2000, 10)).toEqual(["first", "second"]);
		expect(await due(9999, 1)).toEqual(["first"]);
		expect(await due(999, 10)).toEqual([]);
	});

	test("tells when the next after now is due", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ dueAt: 1000 }), entry({ node: "M", dueAt: 2000 }));
		expect(await outbox.nextDueAt(undefined, 0)).toBe(1000);
		expect(await outbox.nextDueAt(undefined, 1000)).toBe(2000);
		expect(await outbox.nextDueAt(undefined, 2000)).toBeUndefined();
	});
});

describe("queues", () => {
	test("are one for each gate, and one for entries whose gate nobody looked up", async () => {
		const outbox = await openOutbox(file.db);
		expect(await outbox.queues(undefined, 9)).toEqual([]);
		await outbox.put(
			...[entry({ dueAt: 3 }), entry({ node: "M", dueAt: 2, gate: "app" })],
			...[entry({ node: "O", dueAt: 1, gate: "app" }), entry({ node: "P", dueAt: 4, gate: "other" })],
		);
		expect(await outbox.queues(undefined, 9)).toEqual([
			{ queue: undefined, dueAt: 3 },
			{ queue: "app", dueAt: 1 },
			{ queue: "other", dueAt: 4 },
		]);
		expect(await outbox.queues(undefined, 1)).toMatchObject([{ queue: undefined }, { queue: "app" }]);
		expect(await outbox.queues("app", 9)).toEqual([{ queue: "other", dueAt: 4 }]);
		expect((await outbox.due("app", 9, 9)).map(({ node }) => node)).toEqual(["O", "M"]);
		expect((await outbox.due(undefined, 9, 9)).map(({ node }) => node)).toEqual(["N"]);
		expect(await outbox.nextDueAt("app", 1)).toBe(2);
		expect(await outbox.nextDueAt(undefined, 1)).toBe(3);
	});

	test("ask the file for what they hold, and not for what others hold", async () => {
		const { rows } = await file.client.execute(
			"EXPLAIN QUERY PLAN SELECT * FROM outbox WHERE gate IS NULL AND due_at <= 1 ORDER BY due_at LIMIT 1",
		);
		expect(rows.map(({ detail }) => detail)).toEqual([
			"SEARCH outbox USING INDEX outbox_gate (gate=? AND due_at<?)",
		]);
	});
});

describe("versions", () => {
	test("a newer publish takes the place of an older", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 1, attempts: 7, lastError: "old" }));
		await outbox.put(entry({ version: 2, dueAt: 500 }));
		expect(await outbox.due(undefined, 9999, 10)).toEqual([entry({ version: 2, dueAt: 500 })]);
	});

	test("an older publish, tried again late, does not replace a newer", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 2 }));
		await outbox.put(entry({ version: 1, dueAt: 1, attempts: 5 }));
		expect(await outbox.due(undefined, 9999, 10)).toEqual([entry({ version: 2 })]);
	});

	test("the order within one put does not matter", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 3 }), entry({ version: 2 }), entry({ version: 1 }));
		expect((await outbox.due(undefined, 9999, 10)).map(({ version }) => version)).toEqual([3]);
	});

	test("removing is of what is as old, or older", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 5 }));
		await outbox.remove("N", "high", 4);
		await outbox.remove("N", "low", 9);
		await outbox.remove("M", "high", 9);
		expect((await outbox.depth()).entries).toBe(1);
		await outbox.remove("N", "high", 6);
		expect((await outbox.depth()).entries).toBe(0);
	});

	test("changing is of that very publish, and brings nothing back", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 2 }));
		await outbox.change(entry({ version: 1, dueAt: 7777 }));
		await outbox.change(entry({ version: 3, dueAt: 7777 }));
		expect(await outbox.due(undefined, 9999, 10)).toEqual([entry({ version: 2 })]);
		const changed = entry({ version: 2, attempts: 3, lastError: "busy", dueAt: 7777, gate: "app" });
		await outbox.change(changed);
		expect(await outbox.due("app", 9999, 10)).toEqual([changed]);
		await outbox.remove("N", "high", 2);
		await outbox.change(changed);
		expect((await outbox.depth()).entries).toBe(0);
	});

	test("changes that are made within a moment are made in their order", async () => {
		const outbox = await openOutbox(file.db);
		const kept = async () => (await outbox.due(undefined, 9999, 10)).map(({ version }) => version);
		await Promise.all([outbox.put(entry({ version: 1 })), outbox.remove("N", "high", 1)]);
		expect(await kept()).toEqual([]);
		await Promise.all([
			...[
				outbox.put(entry({ version: 2 })),
				outbox.remove("N", "high", 2),
				outbox.put(entry({ version: 3 })),
			],
			...[
				outbox.drop("N", "high", 2),
				outbox.put(entry({ version: 1 })),
				outbox.change(entry({ version: 1 })),
			],
		]);
		expect(await kept()).toEqual([3]);
	});

	test("grow, and go on growing when the file is opened again", async () => {
		const outbox = await openOutbox(file.db);
		const [first, second] = [outbox.nextVersion(), outbox.nextVersion()];
		expect(second).toBeGreaterThan(first);
		await outbox.put(entry({ version: 41 }));
		file.client.close();
		file = await openFile();
		expect((await openOutbox(file.db)).nextVersion()).toBe(42);
	});
});

describe("slots", () => {
	const own = (version: number, changes: Partial<OutboxEntry> = {}) =>
		entry({ version, slot: ownSlot(version), ...changes });
	const versions = async (outbox: Outbox) =>
		(await outbox.due(undefined, 9999, 100)).map(({ version }) => version).sort((a, b) => a - b);

	test("of one lane each keep their newest, and come out as they went in", async () => {
		const outbox = await openOutbox(file.db);
		const foreign = entry({ version: 4, publisher: "elsewhere.example", slot: "by elsewhere.example" });
		await outbox.put(entry({ version: 1 }), own(2), own(3), foreign);
		await outbox.put(entry({ version: 5 }), { ...foreign, version: 6 });
		const kept = (await outbox.due(undefined, 9999, 9)).sort((a, b) => a.version - b.version);
		expect(kept).toEqual([own(2), own(3), entry({ version: 5 }), { ...foreign, version: 6 }]);
	});

	test("of pushes with a text of their own twenty of a lane are kept, the newest", async () => {
		const outbox = await openOutbox(file.db);
		for (let version = 1; version <= 24; version++) await outbox.put(own(version));
		await outbox.put(own(25, { node: "M" }), own(26, { class: "low" }));
		const wanted = Array.from({ length: 22 }, (_, index) => index + 5);
		expect(await versions(outbox)).toEqual(wanted);
		// Many at once, together with something else.
		const many = Array.from({ length: 30 }, (_, index) => own(30 + index, { node: "P" }));
		await Promise.all([outbox.put(...many), outbox.remove("none", "high", 1)]);
		expect((await versions(outbox)).filter((version) => version >= 30)).toEqual(
			Array.from({ length: 20 }, (_, index) => 40 + index),
		);
	});

	test("of others than the owner's push out none of the owner's", async () => {
		const outbox = await openOutbox(file.db);
		const foreign = { publisher: "elsewhere.example" };
		for (let version = 1; version <= 3; version++) await outbox.put(own(version));
		for (let version = 4; version <= 40; version++) await outbox.put(own(version, foreign));
		expect((await versions(outbox)).slice(0, 4)).toEqual([1, 2, 3, 21]);
	});

	test("of pushes with a text of their own those of so many domains wait that nobody looked at", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(own(1), own(2));
		for (let version = 3; version <= 42; version++)
			await outbox.put(own(version, { publisher: `d${version % 30}.example` }));
		// Ten of the thirty domains came again since: those of the twenty that came last stay.
		expect(await versions(outbox)).toEqual([1, 2, ...Array.from({ length: 20 }, (_, index) => 23 + index)]);
		await outbox.put(own(43, { publisher: "d41.example" }), own(44, { publisher: "d41.example" }));
		expect((await versions(outbox)).slice(0, 4)).toEqual([1, 2, 24, 25]);
	});

	test("of domains that nobody looked at are so many, however many there are", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry({ version: 1 }));
		for (let version = 2; version <= 41; version++) {
			const publisher = `d${version}.example`;
			await outbox.put(entry({ version, publisher, slot: slotOfPublisher(publisher) }));
		}
		expect(await versions(outbox)).toEqual([1, ...Array.from({ length: 20 }, (_, index) => 22 + index)]);
	});

	test("what is through makes up for all that is older, but for what has a text of its own", async () => {
		const outbox = await openOutbox(file.db);
		const foreign = entry({ version: 1, publisher: "d.example", slot: slotOfPublisher("d.example") });
		await outbox.put(foreign, entry({ version: 2 }), own(3), own(4));
		await outbox.remove("N", "high", 4);
		expect(await versions(outbox)).toEqual([3]);
		await outbox.change(own(3, { dueAt: 7777 }));
		expect((await outbox.due(undefined, 9999, 9)).map(({ dueAt }) => dueAt)).toEqual([7777]);
		await outbox.remove("N", "high", 5);
		expect(await versions(outbox)).toEqual([3]);
		await outbox.drop("N", "high", 3);
		expect(await versions(outbox)).toEqual([]);
	});
});

describe("whether there may be entries, which spares the fast path a write", () => {
	test("is no in a new file, and yes as soon as a put has begun", async () => {
		const outbox = await openOutbox(file.db);
		expect(outbox.mayHave("N", "high")).toBe(false);
		const putting = outbox.put(entry());
		expect(outbox.mayHave("N", "high")).toBe(true);
		await putting;
	});

	test("is no for other registrations and classes than those that have some", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry());
		expect(outbox.mayHave("N", "low")).toBe(false);
		const others = Array.from({ length: 1000 }, () => crypto.randomUUID());
		expect(others.filter((node) => outbox.mayHave(node, "high")).length).toBeLessThan(5);
	});

	test("is yes after a restart of those with entries, and of no others", async () => {
		await (await openOutbox(file.db)).put(entry());
		const next = await openOutbox(file.db);
		expect([next.mayHave("N", "high"), next.mayHave("M", "high")]).toEqual([true, false]);
	});

	test("turns to no once somebody looked and found none", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry());
		await outbox.remove("N", "high", 1);
		await outbox.nextDueAt(undefined, 0);
		expect(outbox.mayHave("N", "high")).toBe(false);
	});

	test("stays yes while somebody looks: what is superseded at that moment must be removed", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry());
		const looking = outbox.nextDueAt(undefined, 0);
		expect(outbox.mayHave("N", "high")).toBe(true);
		await looking;
		expect(outbox.mayHave("N", "high")).toBe(true);
	});

	test("stays yes for an entry put while somebody looks at the empty file", async () => {
		const outbox = await openOutbox(file.db);
		await outbox.put(entry());
		await outbox.remove("N", "high", 1);
		const looking = outbox.nextDueAt(undefined, 0);
		const putting = outbox.put(entry({ version: 2 }));
		await Promise.all([looking, putting]);
		expect(outbox.mayHave("N", "high")).toBe(true);
	});
});

test("what waits because of a time comes earlier by as much as the clock was set back", async () => {
	const outbox = await openOutbox(file.db);
	await outbox.put(entry({ dueAt: 8_000 }), entry({ node: "due", dueAt: 1_000 }));
	await outbox.hasten(5_000, 2_000);
	const entries = await outbox.due(undefined, 9_000, 9);
	expect(entries.map(({ node, dueAt, expiresAt }) => [node, dueAt, expiresAt])).toEqual([
		["due", 1_000, 9_000],
		["N", 3_000, 9_000],
	]);
});

test("all is in the file itself after a checkpoint, for whoever copies that alone", async () => {
	const outbox = await openOutbox(file.db);
	await outbox.put(entry());
	const log = Bun.file(join(folder, "outbox.db-wal"));
	expect(log.size).toBeGreaterThan(0);
	await outbox.checkpoint();
	expect(await Bun.file(join(folder, "outbox.db-wal")).bytes()).toHaveLength(0);
	expect((await outbox.depth()).entries).toBe(1);
});

test("a put of many entries is whole or not at all", async () => {
	const outbox = await openOutbox(file.db);
	const broken = entry({ node: "M", attempts: null as unknown as number });
	await expect(outbox.put(entry(), broken)).rejects.toThrow();
	expect((await outbox.depth()).entries).toBe(0);
});

test("an entry that is being written while the file is asked is never overlooked", async () => {
	const outbox = await openOutbox(file.db);
	for (let round = 1; round <= 300; round++) {
		const asking = [outbox.nextDueAt(undefined, 0)];
		const putting = outbox.put(entry({ version: round }));
		for (let turns = 0; turns < round % 7; turns++) await null;
		asking.push(outbox.nextDueAt(undefined, 0));
		await Promise.all([putting, ...asking]);
		expect(outbox.mayHave("N", "high")).toBe(true);
		await outbox.remove("N", "high", round);
	}
});

test("two hundred puts at once, half of them for the same registrations, leave the newest of each", async () => {
	const outbox = await openOutbox(file.db);
	const puts = Array.from({ length: 200 }, (_, n) =>
		outbox.put(entry({ node: `N${n % 100}`, version: n + 1 })),
	);
	await Promise.all(puts);
	const rows = await outbox.due(undefined, 9999, 1000);
	expect(rows.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
		Array.from({ length: 100 }, (_, n) => n + 101),
	);
});
