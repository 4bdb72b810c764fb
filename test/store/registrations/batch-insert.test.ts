/** Registrations written together are what they would be one after the other, and no quota is passed. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { createRegistrations, type NewRegistration } from "../../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let other: TestDatabase;
let nodes = 0;
beforeAll(async () => {
	[database, other] = [await openTestDatabase(), await openTestDatabase()];
});
beforeEach(empty);
afterAll(() => Promise.all([database.close(), other.close()]));

async function empty() {
	for (const { client } of [database, other]) await client.execute("DELETE FROM registrations");
}

const PLENTY = { owner: 100, address: 100, host: 100 };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const together = (quotas = PLENTY, now = () => 1_000) =>
	createRegistrations(database.db, quotas, { now, pause: turn });
const oneByOne = (quotas = PLENTY) => createRegistrations(other.db, quotas, { now: () => 1_000 });

const few = (...values: string[]) => fc.constantFrom(...values);
const wish: fc.Arbitrary<NewRegistration> = fc.record(
	{
		owner: few("", "juliet@example.net", "romeo@example.net"),
		app: few("fcm", "web"),
		device: few("a", "b", "c", "d", "e"),
		token: few("t1", "t2", "t\u0000", "\u{1F514} 'quoted'"),
		deviceName: few("Kitchen", "Attic"),
		classes: fc.subarray(["voip", "high", "low"] as const, { minLength: 1 }),
		host: few("h1", "h2"),
		address: few("a1", "a2"),
		title: few("New message", "Neue Nachricht"),
		navigate: few("https://chat.example/"),
		p256dh: few("p1", "p2"),
		jid: few("push.example.net"),
		muc: few("room@muc.example.net"),
	},
	{ requiredKeys: ["owner", "app", "device", "token"] },
);

const COLUMNS =
	"owner, app, device, device_name, jid, dialect, classes, muc, token, voip_token, application_id, p256dh, auth, title, navigate, host, registered_at, last_success_at, last_error_at, last_error";
async function rowsOf({ client }: TestDatabase, columns = COLUMNS) {
	const { rows } = await client.execute(`SELECT ${columns} FROM registrations ORDER BY owner, app, device`);
	return rows.map((row) => Object.values(row));
}

test("what registers within a moment is what it would be, one after the other", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 12 }), async (wishes) => {
			await empty();
			const kinds: string[] = [];
			const single = oneByOne();
			for (const wanted of wishes) kinds.push((await single.register(wanted, () => `n${++nodes}`)).kind);
			const store = together();
			const results = await Promise.all(wishes.map((wanted) => store.registerInBatch(wanted, `n${++nodes}`)));
			expect(results.map(({ kind }) => kind)).toEqual(kinds as (typeof results)[number]["kind"][]);
			expect(await rowsOf(database)).toEqual(await rowsOf(other));
		}),
		{ numRuns: 40 },
	);
}, 30_000);

test("no quota is passed, and whoever was told of a registration has it", async () => {
	const quotas = { owner: 3, address: 2, host: 4 };
	await fc.assert(
		fc.asyncProperty(fc.array(wish, { minLength: 5, maxLength: 40 }), async (wishes) => {
			await empty();
			const store = together(quotas);
			const results = await Promise.all(wishes.map((wanted) => store.registerInBatch(wanted, `n${++nodes}`)));
			for (const [quota, limit] of Object.entries(quotas)) {
				const { rows } = await database.client.execute(
					`SELECT count(*) AS n FROM registrations WHERE ${quota} <> '' GROUP BY ${quota}`,
				);
				for (const { n } of rows) expect(Number(n)).toBeLessThanOrEqual(limit);
			}
			const kept = new Set((await rowsOf(database, "node")).flat());
			for (const result of results)
				if (result.kind !== "over-quota") expect(kept.has(result.registration.node)).toBe(true);
		}),
		{ numRuns: 40 },
	);
}, 30_000);

test("of a thousand at once each is written, and others have their turns between", async () => {
	const store = together();
	let turns = 0;
	const counting = setInterval(() => turns++);
	const results = await Promise.all(
		Array.from({ length: 1_000 }, (_, index) =>
			store.registerInBatch({ owner: "", app: "fcm", device: `d${index}`, token: "t" }, `n${index}`),
		),
	);
	clearInterval(counting);
	expect(results.every(({ kind }) => kind === "created")).toBe(true);
	expect(turns).toBeGreaterThan(1);
});

test("of one device that registers twice at once the later one's token counts, under one node", async () => {
	const store = together();
	const wanted = { owner: "juliet@example.net", app: "fcm", device: "phone" };
	const [first, second] = await Promise.all([
		store.registerInBatch({ ...wanted, token: "old" }, "n1"),
		store.registerInBatch({ ...wanted, token: "new" }, "n2"),
	]);
	expect([first.kind, second.kind]).toEqual(["created", "renewed"]);
	expect(await store.find("n1")).toMatchObject({ token: "new", renewedAt: 1_001 });
	expect(await store.find("n2")).toBeUndefined();
});

test("a device renews where its owner may have no more", async () => {
	const store = together({ ...PLENTY, owner: 1 });
	const wanted = { owner: "juliet@example.net", app: "fcm", device: "phone", token: "t" };
	await store.registerInBatch(wanted, "n1");
	const [renewed, refused] = await Promise.all([
		store.registerInBatch({ ...wanted, token: "new" }, "n2"),
		store.registerInBatch({ ...wanted, device: "tablet" }, "n3"),
	]);
	expect(renewed).toMatchObject({ kind: "renewed", registration: { node: "n1", token: "new" } });
	expect(refused).toEqual({ kind: "over-quota", quota: "owner" });
});

test("a registration is renewed at the time when it is written, so that no verdict from before ends it", async () => {
	let now = 1_000;
	const gathered = Promise.withResolvers<void>();
	const store = createRegistrations(database.db, PLENTY, { now: () => now, pause: () => gathered.promise });
	const wanted = { owner: "", app: "fcm", device: "phone", token: "t" };
	const registering = store.registerInBatch(wanted, "n1");
	now = 2_000;
	gathered.resolve();
	await registering;
	expect(await store.forget("n1", "t", 1_999)).toBe(false);
	expect(await store.forget("n1", "t", 2_000)).toBe(true);
});

test("everybody hears of a fault, and the next ones are written again", async () => {
	const store = together();
	await database.client.execute("ALTER TABLE registrations RENAME TO away");
	const wanted = (device: string) => ({ owner: "", app: "fcm", device, token: "t" });
	const failed = await Promise.allSettled([
		store.registerInBatch(wanted("a"), "n1"),
		store.registerInBatch(wanted("b"), "n2"),
	]);
	await database.client.execute("ALTER TABLE away RENAME TO registrations");
	expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
	expect((await store.registerInBatch(wanted("a"), "n3")).kind).toBe("created");
});
