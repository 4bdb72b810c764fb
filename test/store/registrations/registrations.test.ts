import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import { NoSpace } from "../../../src/store/disk-full.ts";
import type { Quotas } from "../../../src/store/registrations/quotas.ts";
import {
	createRegistrations,
	type NewRegistration,
	type Registrations,
} from "../../../src/store/registrations/registrations.ts";
import { registrations } from "../../../src/store/schema.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let clock: number;
let nodes: number;

beforeEach(async () => {
	database = await openTestDatabase();
	clock = 1_000_000;
	nodes = 0;
});
afterEach(() => database.close());

const PLENTY: Quotas = { owner: 100, address: 100, host: 100 };
const open = (quotas: Partial<Quotas> = {}) =>
	createRegistrations(database.db, { ...PLENTY, ...quotas }, { now: () => clock });
const createNode = () => `node-${++nodes}`;
const wanted = (changes: Partial<NewRegistration> = {}): NewRegistration => ({
	owner: "",
	app: "web",
	device: "phone",
	token: "https://push.example/1",
	...changes,
});
const registerBy = (how: string, store: Registrations, its: NewRegistration) =>
	how === "together" ? store.registerInBatch(its, createNode()) : store.register(its, createNode);
const count = async () =>
	Number((await database.client.execute("SELECT count(*) AS n FROM registrations")).rows[0]?.n);

describe("registering", () => {
	test("creates a row that can be found by its node, without the columns that are for counting", async () => {
		const store = open();
		const created = await store.register(
			wanted({ host: "push.example", address: "hash", deviceName: "Kitchen", p256dh: "p", auth: "a" }),
			createNode,
		);
		expect(created.kind).toBe("created");
		expect(await store.find("node-1")).toEqual({
			node: "node-1",
			owner: "",
			app: "web",
			device: "phone",
			deviceName: "Kitchen",
			token: "https://push.example/1",
			p256dh: "p",
			auth: "a",
			registeredAt: clock,
			renewedAt: clock,
		});
		expect(await store.find("node-2")).toBeUndefined();
	});

	test.each(["together", "by itself"])(
		"written %s, another token was never delivered to, the same one was",
		async (how) => {
			const store = open();
			const register = (token: string) => registerBy(how, store, wanted({ token }));
			await register("https://push.example/1");
			await store.record([{ node: "node-1", at: clock }], []);
			const again = await register("https://push.example/1");
			expect(again).toMatchObject({ kind: "renewed", registration: { lastSuccessAt: clock } });
			const other = await register("https://push.example/2");
			expect(other.kind === "renewed" && other.registration.lastSuccessAt).toBeUndefined();
		},
	);

	test("a renewal with another token was never delivered to, with the same one it was", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		await store.record([{ node: "node-1", at: clock }], []);
		const again = await store.renew("node-1", { token: "https://push.example/1" }, undefined);
		expect(again).toMatchObject({ registration: { lastSuccessAt: clock } });
		await store.renew("node-1", { token: "https://push.example/2" }, undefined);
		expect((await store.find("node-1"))?.lastSuccessAt).toBeUndefined();
	});

	test("what became of a push to a former token is not noted of the new one, good or bad", async () => {
		const store = open();
		const [old, young] = ["https://push.example/1", "https://push.example/2"];
		await store.register(wanted({ token: old }), createNode);
		await store.renew("node-1", { token: young }, undefined);
		const node = "node-1";
		await store.record(
			[
				{ node, at: clock, token: old },
				{ node, at: clock, token: old, error: "503" },
			],
			[],
		);
		expect(await store.find(node)).not.toContainAnyKeys(["lastSuccessAt", "lastErrorAt", "lastError"]);
		await store.record(
			[
				{ node, at: clock, token: young },
				{ node, at: clock + 1, token: young, error: "503" },
				{ node, at: clock + 2, token: old },
				{ node, at: clock + 2, token: old, error: "410" },
			],
			[],
		);
		const noted = { lastSuccessAt: clock, lastErrorAt: clock + 1, lastError: "503" };
		expect(await store.find(node)).toMatchObject(noted);
	});

	test.each(["together", "by itself"])(
		"written %s, keeps who counts as one behind it, and learns it later",
		async (how) => {
			const store = open();
			const register = (party?: string) =>
				registerBy(how, store, wanted(party === undefined ? {} : { party }));
			await register();
			expect((await store.find("node-1"))?.party).toBeUndefined();
			await register("example.net");
			await register();
			expect((await store.find("node-1"))?.party).toBe("example.net");
		},
	);

	test.each(["together", "by itself"])(
		"written %s, keeps the classes that its app asks for, each once, until it asks for others",
		async (how) => {
			const store = open();
			const register = async (changes: Partial<NewRegistration>) => {
				await registerBy(how, store, wanted(changes));
				return (await store.find("node-1"))?.classes;
			};
			expect(await register({})).toBeUndefined();
			expect(await register({ classes: ["low", "high", "low"] })).toEqual(["low", "high"]);
			expect(await register({ token: "https://push.example/2" })).toEqual(["low", "high"]);
			expect(await register({ classes: ["voip"] })).toEqual(["voip"]);
			const device = { token: "https://push.example/3" };
			await store.renew("node-1", device, undefined, { deviceName: "Kitchen" });
			expect((await store.find("node-1"))?.classes).toEqual(["voip"]);
			await store.renew("node-1", device, undefined, { classes: ["high"] });
			expect(await store.findAtPrimary("node-1")).toMatchObject({ classes: ["high"], deviceName: "Kitchen" });
			const [listed] = (await store.list(1)).registrations;
			expect(listed?.classes).toEqual(["high"]);
			expect(await count()).toBe(1);
		},
	);

	test.each(["together", "by itself"])(
		"written %s, keeps what a browser is to show by itself, until its device gives another",
		async (how) => {
			const store = open();
			const shown = async () => {
				const { title, navigate } = (await store.find("node-1")) ?? {};
				return { title, navigate };
			};
			const first = { title: "New message", navigate: "https://chat.example/" };
			await registerBy(how, store, wanted(first));
			expect(await shown()).toEqual(first);
			await registerBy(how, store, wanted());
			await store.renew("node-1", { token: "https://push.example/2" }, undefined);
			expect(await shown()).toEqual(first);
			const second = { title: "Neue Nachricht", navigate: "https://chat.example/de" };
			await store.renew("node-1", { token: "https://push.example/2", ...second }, undefined);
			expect(await shown()).toEqual(second);
			expect(await store.findAtPrimary("node-1")).toMatchObject(second);
		},
	);

	test("the same owner, app and device renews: the node stays, token and keys are the new ones", async () => {
		const store = open();
		await store.register(wanted({ p256dh: "p", auth: "a", deviceName: "Kitchen" }), createNode);
		clock += 5;
		const renewed = await store.register(wanted({ token: "https://push.example/2" }), createNode);
		if (renewed.kind !== "renewed") throw new Error(renewed.kind);
		expect(renewed.registration).toMatchObject({
			node: "node-1",
			token: "https://push.example/2",
			deviceName: "Kitchen",
			registeredAt: 1_000_000,
			renewedAt: 1_000_005,
		});
		expect(renewed.registration.p256dh).toBeUndefined();
		expect(await count()).toBe(1);
	});

	test("another owner, app or device is another registration", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		await store.register(wanted({ owner: "juliet@example.net" }), createNode);
		await store.register(wanted({ app: "other" }), createNode);
		await store.register(wanted({ device: "tablet" }), createNode);
		expect(await count()).toBe(4);
	});

	test("twenty registrations of one device at once make one row, and all learn its node", async () => {
		const store = open();
		const results = await Promise.all(
			Array.from({ length: 20 }, (_, i) =>
				store.register(wanted({ token: `https://push.example/${i}` }), createNode),
			),
		);
		expect(await count()).toBe(1);
		const told = results.map((result) => ("registration" in result ? result.registration.node : result.kind));
		expect(new Set(told).size).toBe(1);
		expect(results.filter((result) => result.kind === "created")).toHaveLength(1);
	});

	test("a renewal forgives the errors of the old token", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		await store.record([{ node: "node-1", at: clock, error: "503" }], []);
		expect((await store.find("node-1"))?.lastError).toBe("503");
		await store.register(wanted(), createNode);
		expect(await store.find("node-1")).not.toHaveProperty("lastError");
	});
});

describe("quotas", () => {
	test.each([
		["owner", { owner: "juliet@example.net" }],
		["address", { address: "hash" }],
		["host", { host: "push.example" }],
	] as const)("the %s quota stops the next new row and says its name", async (quota, same) => {
		const store = open({ [quota]: 2 });
		for (const device of ["1", "2"]) {
			expect((await store.register(wanted({ ...same, device }), createNode)).kind).toBe("created");
		}
		expect(await store.register(wanted({ ...same, device: "3" }), createNode)).toEqual({
			kind: "over-quota",
			quota,
		});
		expect(await count()).toBe(2);
	});

	test("a device that is registered may renew at the limit", async () => {
		const store = open({ host: 1 });
		await store.register(wanted({ host: "push.example" }), createNode);
		expect((await store.register(wanted({ host: "push.example" }), createNode)).kind).toBe("renewed");
	});

	test("nobody's registrations (no owner, no address, no host) are not counted together", async () => {
		const store = open({ owner: 1, address: 1, host: 1 });
		for (const device of ["1", "2", "3"]) {
			expect((await store.register(wanted({ device }), createNode)).kind).toBe("created");
		}
	});

	test("renewing to a host that is full is refused, and the old token stays", async () => {
		const store = open({ host: 1 });
		await store.register(wanted({ device: "1", host: "victim.example" }), createNode);
		await store.register(wanted({ device: "2", host: "own.example" }), createNode);
		const moved = await store.renew("node-2", { token: "https://victim.example/2" }, "victim.example");
		expect(moved).toEqual({ kind: "over-quota", quota: "host" });
		const again = await store.register(
			wanted({ device: "2", token: "https://victim.example/2", host: "victim.example" }),
			createNode,
		);
		expect(again).toEqual({ kind: "over-quota", quota: "host" });
		expect((await store.find("node-2"))?.token).toBe("https://push.example/1");
		const same = await store.renew("node-1", { token: "https://victim.example/3" }, "victim.example");
		expect(same?.kind).toBe("renewed");
	});
});

describe("a disk that is nearly full", () => {
	test.each(["together", "by itself"])(
		"takes nothing new, written %s, and what is registered may renew, move and be delivered to",
		async (how) => {
			let mayAdd = true;
			const store = createRegistrations(database.db, PLENTY, {
				now: () => clock,
				mayGrow: async () => mayAdd,
			});
			const register = (changes: Partial<NewRegistration> = {}) => registerBy(how, store, wanted(changes));
			await register();
			mayAdd = false;
			await expect(register({ device: "tablet" })).rejects.toThrow(NoSpace);
			expect(await register({ token: "https://push.example/2" })).toMatchObject({
				kind: "renewed",
				registration: { node: "node-1", token: "https://push.example/2" },
			});
			expect((await store.renew("node-1", { token: "https://other.example/3" }, "other.example"))?.kind).toBe(
				"renewed",
			);
			await store.record([{ node: "node-1", at: clock }], []);
			expect(await count()).toBe(1);
			mayAdd = true;
			expect((await register({ device: "tablet" })).kind).toBe("created");
		},
	);
});

describe("a row", () => {
	test("has no more bytes than it may have, whatever of it is long", async () => {
		const store = open();
		const long = "é".repeat(registrationBounds.row.is / 2 + 1);
		await expect(store.registerInBatch(wanted({ deviceName: long }), createNode())).rejects.toThrow(
			InvalidDevice,
		);
		await store.registerInBatch(wanted(), createNode());
		await expect(store.renew("node-2", { token: long }, undefined)).rejects.toThrow(InvalidDevice);
		expect((await store.find("node-2"))?.token).toBe("https://push.example/1");
	});
});

describe("ending", () => {
	test("remove says whether there was one, and the device starts anew with another node", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		expect(await store.remove("node-1")).toBe(true);
		expect(await store.remove("node-1")).toBe(false);
		const again = await store.register(wanted(), createNode);
		expect("registration" in again && again.registration.node).toBe("node-2");
	});

	test("renewing a node that is gone brings nothing back", async () => {
		expect(await open().renew("node-1", { token: "t" }, undefined)).toBeUndefined();
		expect(await count()).toBe(0);
	});

	test("a verdict about the token that was sent to ends the registration", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		expect(await store.forget("node-1", "https://push.example/1", clock)).toBe(true);
		expect(await store.find("node-1")).toBeUndefined();
		expect(await store.forget("node-1", "https://push.example/1", clock)).toBe(false);
	});

	test("a verdict about an older token ends nothing", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		const sendStarted = clock;
		clock += 1000;
		await store.register(wanted({ token: "https://push.example/2" }), createNode);
		expect(await store.forget("node-1", "https://push.example/1", sendStarted)).toBe(false);
		expect(await store.forget("node-1", "https://push.example/2", sendStarted)).toBe(false);
	});

	test("a renewal with the same token, even in the millisecond of the send, survives the verdict", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		const sendStarted = clock;
		await store.renew("node-1", { token: "https://push.example/1" }, "push.example");
		expect(await store.forget("node-1", "https://push.example/1", sendStarted)).toBe(false);
		expect(await store.find("node-1")).toBeDefined();
	});

	test("a clock that goes back does not make a renewal look old", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		const sendStarted = clock;
		clock -= 60_000;
		await store.renew("node-1", { token: "https://push.example/1" }, undefined);
		expect(await store.forget("node-1", "https://push.example/1", sendStarted)).toBe(false);
	});

	test("of a renewal and a verdict at once, whichever comes first, the device is not lost unnoticed", async () => {
		const store = open();
		for (let round = 0; round < 20; round++) {
			const device = `device-${round}`;
			const made = await store.register(wanted({ device }), createNode);
			if (!("registration" in made)) throw new Error(made.kind);
			const { node, token } = made.registration;
			const both = [() => store.renew(node, { token }, undefined), () => store.forget(node, token, clock)];
			if (round % 2) both.reverse();
			await Promise.all(both.map((act) => act()));
			const left = await store.find(node);
			// Either the renewal came first and the row is there, or the renewal was told that there is no row.
			if (left) expect(left.renewedAt).toBeGreaterThan(clock);
			else expect(await store.renew(node, { token }, undefined)).toBeUndefined();
		}
	});
});

describe("finding a device", () => {
	test("needs its owner and its app too", async () => {
		const store = open();
		await store.register(wanted({ owner: "juliet@example.net" }), createNode);
		expect((await store.findDevice("juliet@example.net", "web", "phone"))?.node).toBe("node-1");
		expect(await store.findDevice("", "web", "phone")).toBeUndefined();
		expect(await store.findDevice("juliet@example.net", "other", "phone")).toBeUndefined();
	});
});

describe("reading beside a replica", () => {
	let replica: TestDatabase;
	let store: Registrations;
	/** All that the primary had at this time has arrived at the replica. */
	let freshAt: number;
	beforeEach(async () => {
		replica = await openTestDatabase();
		freshAt = clock - 1;
		store = createRegistrations(database.db, PLENTY, {
			replica: { db: replica.db, freshAt: () => freshAt },
			now: () => clock,
		});
	});
	afterEach(() => replica.close());

	/** What a sync does. */
	async function arrive() {
		await replica.db.delete(registrations);
		const rows = await database.db.select().from(registrations);
		if (rows.length > 0) await replica.db.insert(registrations).values(rows);
		freshAt = ++clock;
	}

	/** What another process does at the primary. */
	const elsewhere = () => open();

	test("goes there: what another process registered is missing until it arrives, and known to the primary", async () => {
		await elsewhere().register(wanted(), createNode);
		expect(await store.find("node-1")).toBeUndefined();
		expect((await store.findAtPrimary("node-1"))?.node).toBe("node-1");
		await arrive();
		await database.close();
		expect((await store.find("node-1"))?.node).toBe("node-1");
		database = await openTestDatabase();
	});

	test("knows at once what this process registered, renewed and removed, or was told by the primary", async () => {
		await store.register(wanted({ token: "first" }), createNode);
		expect((await store.find("node-1"))?.token).toBe("first");
		await arrive();
		await store.renew("node-1", { token: "second" }, undefined, { classes: ["low"] });
		expect(await store.find("node-1")).toMatchObject({ token: "second", classes: ["low"] });
		await elsewhere().renew("node-1", { token: "third" }, undefined);
		await store.findAtPrimary("node-1");
		expect((await store.find("node-1"))?.token).toBe("third");
		await store.remove("node-1");
		expect(await store.find("node-1")).toBeUndefined();
	});

	test("goes by the replica again once that is fresher than what was learned", async () => {
		await store.register(wanted({ token: "first" }), createNode);
		await arrive();
		await elsewhere().renew("node-1", { token: "second" }, undefined);
		await arrive();
		expect((await store.find("node-1"))?.token).toBe("second");
		await elsewhere().remove("node-1");
		await arrive();
		expect(await store.find("node-1")).toBeUndefined();
	});

	test("a verdict about the old token, which the replica still has, removes nothing; the new one is found next", async () => {
		await store.register(wanted({ token: "old", voipToken: "old call" }), createNode);
		await arrive();
		const sentAt = clock;
		await elsewhere().renew("node-1", { token: "new", voipToken: "new call" }, undefined);
		const sent = await store.find("node-1");
		expect(sent?.token).toBe("old");
		expect(await store.forget("node-1", "old", sentAt)).toBe(false);
		expect((await store.findAtPrimary("node-1"))?.token).toBe("new");
		expect((await store.find("node-1"))?.token).toBe("new");
	});

	test("the same for the token of calls, which is not asked for again", async () => {
		await store.register(wanted({ voipToken: "old call" }), createNode);
		await arrive();
		await elsewhere().renew("node-1", { token: "new", voipToken: "new call" }, undefined);
		expect((await store.find("node-1"))?.voipToken).toBe("old call");
		expect(await store.forgetVoip("node-1", "old call", clock)).toBe(false);
		expect((await store.find("node-1"))?.voipToken).toBe("new call");
		expect(await store.forgetVoip("node-1", "new call", clock + 10)).toBe(true);
		expect(await store.find("node-1")).toMatchObject({ token: "new" });
		expect((await store.find("node-1"))?.voipToken).toBeUndefined();
	});

	test("of a replica that cannot be read is the primary's to answer", async () => {
		await elsewhere().register(wanted(), createNode);
		await replica.client.execute("DROP TABLE registrations");
		expect(await store.find("node-1")).toBeUndefined();
		expect((await store.findAtPrimary("node-1"))?.node).toBe("node-1");
	});

	test("remembers a bounded number of what was learned, the newest", async () => {
		for (let i = 0; i < 10_001; i++) await store.findAtPrimary(`nobody ${i}`);
		await replica.db.insert(registrations).values(
			[0, 10_000].map((i) => ({
				node: `nobody ${i}`,
				app: "web",
				device: `${i}`,
				token: "t",
				registeredAt: 1,
				renewedAt: 1,
			})),
		);
		expect(await store.find("nobody 0")).toBeDefined();
		expect(await store.find("nobody 10000")).toBeUndefined();
	});
});

describe("listing", () => {
	test("gives everybody's registrations in pieces, the newest first, each once, whatever came meanwhile", async () => {
		const store = open();
		for (const device of ["a", "b", "c", "d"]) await store.register(wanted({ device }), createNode);
		await store.remove("node-2");
		const first = await store.list(2);
		expect(first.registrations.map(({ node }) => node)).toEqual(["node-4", "node-3"]);
		await store.register(wanted({ device: "e" }), createNode);
		await store.register(wanted({ device: "d", token: "https://push.example/2" }), createNode);
		expect(first.next).toBeNumber();
		const second = await store.list(2, first.next);
		expect(second).toEqual({
			registrations: [expect.objectContaining({ node: "node-1", device: "a", registeredAt: clock })],
		});
	});

	test("of as many as asked for ends there, without a next piece", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		expect((await store.list(1)).next).toBeUndefined();
		expect(await store.list(1, 1)).toEqual({ registrations: [] });
	});
});

describe("recording", () => {
	test("results and counts are written together, and counts add up over a day", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		await store.record(
			[
				{ node: "node-1", at: 5 },
				{ node: "node-1", at: 6, error: "timeout" },
				{ node: "gone", at: 7 },
			],
			[{ app: "web", outcome: "delivered", count: 2 }],
		);
		await store.record([], [{ app: "web", outcome: "delivered", count: 3 }]);
		await store.record([], []);
		expect(await store.find("node-1")).toMatchObject({
			lastSuccessAt: 5,
			lastErrorAt: 6,
			lastError: "timeout",
		});
		const { rows } = await database.client.execute("SELECT day, app, outcome, count FROM statistics");
		expect(rows.map((row) => ({ ...row }))).toMatchObject([
			{ day: 0, app: "web", outcome: "delivered", count: 5 },
		]);
	});

	test("what came of a push to another token says nothing of the one that there is now", async () => {
		const store = open();
		await store.register(wanted({ token: "https://push.example/reached" }), createNode);
		const sent = { node: "node-1", token: "https://push.example/reached", at: clock };
		// Renewed between a push and the time when its result is written down.
		await store.renew("node-1", { token: "https://push.example/never" }, undefined);
		await store.record([sent, { ...sent, error: "503" }], []);
		const { lastSuccessAt, lastErrorAt } = (await store.find("node-1")) ?? {};
		expect({ lastSuccessAt, lastErrorAt }).toEqual({ lastSuccessAt: undefined, lastErrorAt: undefined });
		await store.record([sent, { ...sent, token: "https://push.example/never", error: "404" }], []);
		expect(await store.find("node-1")).toMatchObject({ lastErrorAt: clock, lastError: "404" });
		expect((await store.find("node-1"))?.lastSuccessAt).toBeUndefined();
	});

	test("a reason is kept as far as it is short, and its half characters are none", async () => {
		const store = open();
		await store.register(wanted(), createNode);
		await store.record(
			[{ node: "node-1", at: clock, error: `${"x".repeat(199)}${"\u{1F514}".repeat(9_999)}` }],
			[],
		);
		expect((await store.find("node-1"))?.lastError).toBe(`${"x".repeat(199)}\uFFFD`);
	});

	test("sweep takes what was neither renewed nor delivered to since", async () => {
		const store = open();
		clock = 100;
		await store.register(wanted({ device: "idle" }), createNode);
		await store.register(wanted({ device: "delivered to" }), createNode);
		await store.record([{ node: "node-2", at: 500 }], []);
		clock = 600;
		await store.register(wanted({ device: "new" }), createNode);
		const ended: unknown[] = [];
		expect(await store.sweep(300, (unused) => ended.push(...unused))).toBe(1);
		expect(ended).toEqual([expect.objectContaining({ node: expect.any(String), app: expect.any(String) })]);
		expect(await store.find("node-1")).toBeUndefined();
		expect(await count()).toBe(2);
	});

	test("sweep goes slice after slice, with turns for others between them, and leaves none over", async () => {
		await database.client.execute(
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
			INSERT INTO registrations (node, app, device, token, registered_at, renewed_at)
			SELECT 'node' || i, 'fcm', 'd' || i, 't', 1, iif(i % 6, 1, 1000) FROM n`,
		);
		let turns = 0;
		const counting = setInterval(() => turns++);
		expect(await open().sweep(500)).toBe(10_000);
		clearInterval(counting);
		expect(turns).toBeGreaterThan(1);
		expect(await count()).toBe(2_000);
	});

	test("sweep takes nothing that is old by one clock only: that of a machine may be years ahead", async () => {
		clock = Date.now();
		const store = open();
		await store.register(wanted(), createNode);
		const year = 365 * 86_400_000;
		clock += 2 * year;
		expect(await store.sweep(clock - year)).toBe(0);
		expect(await count()).toBe(1);
	});
});
