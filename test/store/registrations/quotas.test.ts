/** Quotas hold where many register at once, and at a full host what was tried in vain makes room. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { announceEnds } from "../../../src/registering/registration-ends.ts";
import type { Quotas } from "../../../src/store/registrations/quotas.ts";
import { createRegistrations, type NewRegistration } from "../../../src/store/registrations/registrations.ts";
import type { Registration } from "../../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const PLENTY: Quotas = { owner: 1_000, address: 1_000, host: 1_000 };
const HOST = "up.example";

let database: TestDatabase;
let clock: number;
let devices: number;
beforeEach(async () => {
	database = await openTestDatabase();
	clock = 1_000;
	devices = 0;
});
afterEach(() => database.close());

/** Registrations of a process: written together, each by itself, or each with a node that is claimed first. */
const WAYS = ["together", "by itself", "with a claimed node"] as const;
type Way = (typeof WAYS)[number];

function open(quotas: Partial<Quotas>, way: Way = "together") {
	const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
	const ended: Registration[] = [];
	const registrations = announceEnds(
		createRegistrations(
			database.db,
			{ ...PLENTY, ...quotas },
			{ now: () => clock, ...(way === "together" && { pause: turn }) },
		),
		(registration) => ended.push(registration),
	);
	return {
		...registrations,
		alone: registrations.register,
		/** The nodes of those that made room, and were told of. */
		ended: () => ended.map(({ node }) => node),
		register(changes: Partial<NewRegistration>) {
			const name = `d${++devices}`;
			const node = changes.device ?? name;
			const wanted = { owner: "", app: "web", device: name, token: `https://${HOST}/${name}`, ...changes };
			return way === "with a claimed node"
				? registrations.register(wanted, () => node)
				: registrations.registerInBatch(wanted, node);
		},
	};
}

const nodes = async () => {
	const { rows } = await database.client.execute("SELECT node FROM registrations ORDER BY rowid");
	return rows.map(({ node }) => String(node));
};
const kinds = (results: readonly { kind: string }[]) =>
	Object.fromEntries(
		[...Map.groupBy(results, ({ kind }) => kind)].map(([kind, its]) => [kind, its.length] as const),
	);

describe.each(WAYS)("written %s", (way) => {
	test("no more are made at once than one owner, address or host may have", async () => {
		for (const whose of [{ owner: "mallory@evil.example" }, { address: "a" }, { host: "h" }]) {
			await database.client.execute("DELETE FROM registrations");
			const store = open({ owner: 5, address: 5, host: 5 }, way);
			const results = await Promise.all(Array.from({ length: 40 }, () => store.register(whose)));
			expect(await nodes()).toHaveLength(5);
			expect(kinds(results)).toEqual({ created: 5, "over-quota": 35 });
		}
	});

	test("one party has a tenth of a host at the most, and others have the rest", async () => {
		const store = open({ host: 50 }, way);
		const parties = ["evil.example", "evil.example", "evil.example", "good.example"];
		const results = await Promise.all(
			Array.from({ length: 40 }, (_, index) =>
				store.register({ host: HOST, party: parties[index % 4] as string }),
			),
		);
		expect(kinds(results)).toEqual({ created: 10, "over-quota": 30 });
		const refused = results.filter((result) => result.kind === "over-quota");
		expect(new Set(refused.map(({ quota }) => quota))).toEqual(new Set(["share"]));
		expect((await store.register({ host: HOST, party: "another.example" })).kind).toBe("created");
		expect((await store.register({ host: "other.example", party: "evil.example" })).kind).toBe("created");
		// Whose it is is not always known.
		expect((await store.register({ host: HOST })).kind).toBe("created");
	});

	test("a device of a party that has its tenth may renew", async () => {
		const store = open({ host: 10 }, way);
		const whose = { host: HOST, party: "example.net", device: "phone", owner: "juliet@example.net" };
		await store.register(whose);
		expect((await store.register(whose)).kind).toBe("renewed");
		expect((await store.register({ ...whose, device: "tablet" })).kind).toBe("over-quota");
	});

	test("at a full host a new one takes the place of the oldest that was tried and never reached", async () => {
		const store = open({ host: 4 }, way);
		for (const device of ["reached", "older", "newer", "quiet"]) {
			clock += 10;
			await store.register({ host: HOST, device });
		}
		expect((await store.register({ host: HOST })).kind).toBe("over-quota");
		await store.record(
			[
				{ node: "reached", at: clock },
				{ node: "reached", at: clock, error: "503" },
				{ node: "newer", at: clock, error: "404" },
				{ node: "older", at: clock, error: "404" },
			],
			[],
		);
		expect((await store.register({ host: HOST, device: "first" })).kind).toBe("created");
		expect(await nodes()).toEqual(["reached", "newer", "quiet", "first"]);
		expect((await store.register({ host: HOST, device: "second" })).kind).toBe("created");
		expect(await nodes()).toEqual(["reached", "quiet", "first", "second"]);
		// What was reached once, and what nobody pushed to yet, is never displaced.
		expect(await store.register({ host: HOST })).toEqual({ kind: "over-quota", quota: "host" });
		expect(store.ended()).toEqual(["older", "newer"]);
		expect(await store.find("older")).toBeUndefined();
	});

	test("of many at once each takes one place, and no more than there are", async () => {
		const store = open({ host: 10 }, way);
		for (let count = 0; count < 10; count++) await store.register({ host: HOST, device: `old${count}` });
		const tried = ["old0", "old3", "old7"];
		await store.record(
			tried.map((node) => ({ node, at: clock, error: "404" })),
			[],
		);
		const results = await Promise.all(Array.from({ length: 12 }, () => store.register({ host: HOST })));
		expect(kinds(results)).toEqual({ created: 3, "over-quota": 9 });
		expect(await nodes()).toHaveLength(10);
		expect(store.ended().toSorted()).toEqual(tried);
	});

	test("two that turn out to be one, or of which a quota lets in one, displace one", async () => {
		for (const whose of [{ device: "phone" }, { owner: "juliet@example.net" }]) {
			await database.client.execute("DELETE FROM registrations");
			const store = open({ host: 4, owner: 1 }, way);
			const tried = ["a", "b", "c", "d"].map((name) => `${name}${way}`);
			for (const device of tried) await store.register({ host: HOST, device });
			await store.record(
				tried.map((node) => ({ node, at: clock, error: "404" })),
				[],
			);
			await Promise.all([0, 1, 2].map(() => store.register({ host: HOST, ...whose })));
			expect(store.ended()).toHaveLength(1);
			expect(await nodes()).toHaveLength(4);
		}
	});

	test("nothing is displaced in vain: where another quota is full, or the host has more than it may", async () => {
		const before = open({ host: 20 }, way);
		for (let count = 0; count < 11; count++) {
			await before.register({
				host: HOST,
				device: `old${count}`,
				...(count === 0 && { party: "evil.example", owner: "m@evil.example", address: "a" }),
			});
		}
		await before.record([{ node: "old5", at: clock, error: "404" }], []);
		const store = open({ host: 11, owner: 1, address: 1 }, way);
		for (const [whose, quota] of [
			[{ owner: "m@evil.example" }, "owner"],
			[{ address: "a" }, "address"],
			[{ party: "evil.example" }, "share"],
		] as const)
			expect(await store.register({ ...whose, host: HOST })).toEqual({ kind: "over-quota", quota });
		const lowered = open({ host: 10 }, way);
		expect(await lowered.register({ host: HOST })).toEqual({ kind: "over-quota", quota: "host" });
		expect(await nodes()).toHaveLength(11);
		expect((await store.register({ host: HOST })).kind).toBe("created");
	});

	test("a device that moves to a full host counts as a new one there does", async () => {
		const store = open({ host: 2 }, way);
		const phone = { owner: "juliet@example.net", device: "phone", host: "old.example", party: "example.net" };
		await store.register(phone);
		for (const device of ["tried", "quiet"]) await store.register({ host: HOST, device });
		const moving = { ...phone, host: HOST, token: "new" };
		expect(await store.register(moving)).toEqual({ kind: "over-quota", quota: "host" });
		await store.record([{ node: "tried", at: clock, error: "404" }], []);
		expect(await store.register(moving)).toMatchObject({
			kind: "renewed",
			registration: { node: "phone", token: "new" },
		});
		expect(await nodes()).toEqual(["phone", "quiet"]);
		expect(store.ended()).toEqual(["tried"]);
	});
});

describe("a registration that is renewed to another host", () => {
	const renew = (store: ReturnType<typeof open>, node: string, host: string) =>
		store.renew(node, { token: `https://${host}/new` }, host);

	test("counts for the host and for its party's share there", async () => {
		const store = open({ host: 10 });
		await store.register({ host: HOST, party: "evil.example" });
		await store.register({ host: "other.example", device: "phone", party: "evil.example" });
		await store.register({ host: "other.example", device: "tablet", party: "good.example" });
		expect(await renew(store, "phone", HOST)).toEqual({ kind: "over-quota", quota: "share" });
		expect((await renew(store, "tablet", HOST))?.kind).toBe("renewed");
		expect((await renew(store, "phone", "other.example"))?.kind).toBe("renewed");
	});

	test("takes the place of one that was tried in vain where the host is full", async () => {
		const store = open({ host: 3 });
		for (const device of ["tried", "too", "quiet"]) await store.register({ host: HOST, device });
		await store.register({ host: "other.example", device: "phone" });
		expect(await renew(store, "phone", HOST)).toEqual({ kind: "over-quota", quota: "host" });
		clock++;
		await store.renew("too", { token: "t" }, HOST);
		await store.record(
			["tried", "too"].map((node) => ({ node, at: clock, error: "404" })),
			[],
		);
		expect(await renew(store, "nobody", HOST)).toBeUndefined();
		expect(await nodes()).toHaveLength(4);
		const moved = await Promise.all([renew(store, "phone", HOST), renew(store, "phone", HOST)]);
		expect(moved.map((result) => result?.kind)).toEqual(["renewed", "renewed"]);
		expect(await nodes()).toEqual(["too", "quiet", "phone"]);
		expect(store.ended()).toEqual(["tried"]);
	});

	test("is counted where many move at once: no more come than the share of their party", async () => {
		const store = open({ host: 20 });
		for (let count = 0; count < 6; count++)
			await store.register({ host: "other.example", device: `d${count}`, party: `p${count}` });
		await database.client.execute("UPDATE registrations SET party = 'evil.example'");
		const results = await Promise.all(
			Array.from({ length: 6 }, (_, index) => renew(store, `d${index}`, HOST)),
		);
		expect(kinds(results.map((result) => ({ kind: String(result?.kind) })))).toEqual({
			renewed: 2,
			"over-quota": 4,
		});
	});
});

describe("a lost race", () => {
	const MALLORY = "mallory@evil.example";

	/** Runs `then` once, as soon as a statement of this kind was done that found no room: another process's work. */
	function afterNoRoom(kind: "insert" | "update", then: () => Promise<unknown>) {
		const { client } = database;
		let isDone = false;
		for (const name of ["execute", "batch"] as const) {
			const real = client[name].bind(client) as (...given: unknown[]) => Promise<unknown>;
			Object.assign(client, {
				async [name](...given: unknown[]) {
					const statements = [given[0]].flat() as { sql: string }[];
					const result = await real(...given);
					if (!isDone && statements.some(({ sql }) => sql.startsWith(`${kind} `))) {
						isDone = true;
						await then();
					}
					return result;
				},
			});
		}
	}

	test.each([
		["owner", { owner: MALLORY }],
		["address", { address: "a" }],
		["share", { host: HOST, party: "evil.example" }],
		["host", { host: HOST }],
	] as const)("blames the quota that was full, %s, though there is room again", async (quota, whose) => {
		const store = open({ owner: 1, address: 1, host: quota === "host" ? 1 : 10 });
		const late = { owner: "", app: "web", device: "late", token: "t", ...whose };
		const result = await store.alone(late, async () => {
			await store.register({ device: "rival", ...whose });
			afterNoRoom("insert", () => store.remove("rival"));
			return "late";
		});
		expect(result).toEqual({ kind: "over-quota", quota });
		expect(await nodes()).toEqual([]);
	});

	test("of a device that moves where there is room again is none: it moves", async () => {
		const store = open({ host: 10 });
		await store.register({ host: HOST, device: "rival", party: "evil.example" });
		await store.register({ host: "other.example", device: "phone", party: "evil.example" });
		afterNoRoom("update", () => store.remove("rival"));
		const moved = await store.renew("phone", { token: "new" }, HOST);
		expect(moved).toMatchObject({ kind: "renewed", registration: { node: "phone", token: "new" } });
	});
});

test("what quotas ask for is found by indices, however many registrations there are", async () => {
	const asked: { sql: string; args: unknown }[] = [];
	const { client } = database;
	for (const name of ["execute", "batch"] as const) {
		const real = client[name].bind(client) as (...given: unknown[]) => Promise<never>;
		Object.assign(client, {
			[name](...given: unknown[]) {
				asked.push(...([given[0]].flat() as typeof asked));
				return real(...given);
			},
		});
	}
	const store = open({ host: 2 });
	for (const device of ["tried", "quiet"]) await store.register({ host: HOST, device, party: device });
	await store.record([{ node: "tried", at: clock, error: "404" }], []);
	await store.register({ host: HOST, owner: "o@example.net", address: "a", party: "p" });
	await store.register({ host: HOST, owner: "o@example.net", address: "a", party: "p" });
	await store.renew("quiet", { token: "t" }, "other.example");
	await store.renew("quiet", { token: "t" }, HOST);
	const statements = asked.splice(0).filter(({ sql }) => /"host"|"party"/.test(sql));
	expect(statements.length).toBeGreaterThan(8);
	for (const { sql, args } of statements) {
		const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: args as never });
		const plan = rows.map(({ detail }) => String(detail));
		expect(plan.filter((step) => /^SCAN (registrations|others)/.test(step))).toEqual([]);
		expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
	}
});
