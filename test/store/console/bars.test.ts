/** Bars: who is not served, what ends by it, and how soon it is known. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { announceEnds } from "../../../src/registering/registration-ends.ts";
import { type Bars, createBars } from "../../../src/store/console/bars.ts";
import { whoOf } from "../../../src/store/console/who.ts";
import { createRegistrations, type Registrations } from "../../../src/store/registrations/registrations.ts";
import { registrations as rows } from "../../../src/store/schema.ts";
import type { Registration } from "../../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const PLENTY = { owner: 10_000, address: 10_000, host: 10_000 };

let database: TestDatabase;
let now: number;
let registrations: Registrations;
let told: [owner: string, decider: string][];
beforeEach(async () => {
	database = await openTestDatabase();
	now = 1_000_000;
	told = [];
	registrations = announceEnds(
		createRegistrations(database.db, PLENTY),
		({ owner }: Registration, { decider }) => told.push([owner, decider]),
	);
});
afterEach(() => database.close());

const open = (): Bars =>
	createBars(database.db, {
		endSome: async (who) => (await registrations.endOf(who)).length,
		now: () => now,
	});

let made = 0;
async function register(owner: string, count = 1) {
	for (let at = 0; at < count; at++) {
		const node = `node-${made++}`;
		await registrations.registerInBatch(
			{ owner, app: "webpush", device: node, token: `https://push.example/${node}` },
			node,
		);
	}
}

test("barring an owner ends the owner's registrations alone, and tells of each", async () => {
	await register("romeo@montague.example", 3);
	await register("romeo@montague.example.org");
	await register("juliet@montague.example");
	await register("");
	const bars = open();
	expect(await bars.count("romeo@montague.example")).toEqual({ registrations: 3, people: 1 });
	expect(await bars.add("romeo@montague.example", "floods")).toEqual({ ended: 3 });
	expect(told).toEqual(Array(3).fill(["romeo@montague.example", "operator"]));
	expect(await bars.count("romeo@montague.example")).toEqual({ registrations: 0, people: 0 });
	expect(await bars.count("montague.example")).toEqual({ registrations: 1, people: 1 });
	expect(await bars.list()).toEqual([{ who: "romeo@montague.example", reason: "floods", at: now, ended: 3 }]);
});

test("barring a domain ends what all its owners have, in pieces; not that of names under it", async () => {
	for (let at = 0; at < 60; at++) await register(`user${at}@montague.example`, 4);
	await register("montague.example");
	await register("romeo@sub.montague.example");
	await register("romeo@notmontague.example");
	const bars = open();
	expect(await bars.count("montague.example")).toEqual({ registrations: 241, people: 61 });
	expect(await bars.add("montague.example", "")).toEqual({ ended: 241 });
	expect(told).toHaveLength(241);
	expect(await database.db.$count(rows)).toBe(2);
});

test("people of a large domain are counted across the pieces", async () => {
	await database.client.execute(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
		INSERT INTO registrations (node, owner, app, device, token, registered_at, renewed_at)
		SELECT 'n' || i, 'user' || (i / 3) || '@large.example', 'webpush', i, 't' || i, 0, 0 FROM n`);
	expect(await open().count("large.example")).toEqual({ registrations: 6_000, people: 2_000 });
});

test("who is barred is known here at once, and in another process within 30 seconds", async () => {
	const [here, there] = [open(), open()];
	expect(await there.isBarred("romeo@montague.example")).toBe(false);
	expect(there.isBarred("romeo@montague.example")).toBe(false);
	await here.add("montague.example", "floods");
	expect(await here.isBarred("romeo@montague.example")).toBe(true);
	expect(await here.isBarred("montague.example")).toBe(true);
	expect(await here.isBarred("romeo@sub.montague.example")).toBe(false);
	expect(await here.isBarred("")).toBe(false);
	expect(there.isBarred("romeo@montague.example")).toBe(false);
	now += 30_000;
	expect(await there.isBarred("romeo@montague.example")).toBe(true);
	expect(await here.lift("montague.example")).toBe(true);
	expect(await here.lift("montague.example")).toBe(false);
	expect(await here.isBarred("romeo@montague.example")).toBe(false);
	now += 30_000;
	expect(await there.isBarred("romeo@montague.example")).toBe(false);
});

test("while the database is away, those who were barred stay so", async () => {
	const bars = open();
	await bars.add("montague.example", "floods");
	expect(await bars.isBarred("romeo@montague.example")).toBe(true);
	database.client.close();
	now += 60_000;
	expect(await bars.isBarred("romeo@montague.example")).toBe(true);
	expect(await bars.isBarred("juliet@capulet.example")).toBe(false);
});

test("barring again ends what came since, and keeps the first reason", async () => {
	const bars = open();
	await register("romeo@montague.example");
	await bars.add("montague.example", "floods");
	await register("romeo@montague.example", 2);
	expect(await bars.add("montague.example", "again")).toEqual({ ended: 2 });
	expect(await bars.list()).toEqual([{ who: "montague.example", reason: "floods", at: now, ended: 3 }]);
});

test("whom an operator means is read in the spelling that is stored", () => {
	expect(whoOf(" Romeo@Montague.Example ")).toEqual({ who: "romeo@montague.example", kind: "person" });
	expect(whoOf("xn--mnchen-3ya.example")).toEqual({ who: "münchen.example", kind: "domain" });
	for (const none of ["", "@x", "a@", "a b@c", "a@b/c", "%", `${"a".repeat(600)}@b`])
		expect(whoOf(none)).toBeUndefined();
});

test("a domain is barred by both its spellings: its server may call itself by A-labels", async () => {
	await register("romeo@xn--mnchen-3ya.example");
	await register("juliet@m\u00fcnchen.example");
	await register("nurse@xn--mnchen-3ya.example.org");
	const bars = open();
	const who = whoOf("xn--mnchen-3ya.example")?.who ?? "";
	expect(await bars.count(who)).toEqual({ registrations: 2, people: 2 });
	expect(await bars.add(who, "floods")).toEqual({ ended: 2 });
	for (const owner of [
		"romeo@xn--mnchen-3ya.example",
		"romeo@m\u00fcnchen.example",
		"xn--mnchen-3ya.example",
	]) {
		expect(await bars.isBarred(owner)).toBe(true);
		expect(await bars.isStillBarred(owner)).toBe(true);
	}
	expect(await bars.isBarred("nurse@xn--mnchen-3ya.example.org")).toBe(false);
	await register("romeo@xn--mnchen-3ya.example.org");
	const person = whoOf("Romeo@xn--mnchen-3ya.example.org")?.who ?? "";
	expect(await bars.add(person, "")).toEqual({ ended: 1 });
	expect(await bars.isBarred("romeo@xn--mnchen-3ya.example.org")).toBe(true);
});

test("a bar that is made or lifted while the bars are read is not undone by what was read", async () => {
	const bars = open();
	const reading = bars.isBarred("romeo@montague.example");
	const added = bars.add("montague.example", "floods");
	await Promise.all([reading, added]);
	expect(await bars.isBarred("romeo@montague.example")).toBe(true);
	now += 60_000;
	const again = bars.isBarred("romeo@montague.example");
	await Promise.all([again, bars.lift("montague.example")]);
	expect(await bars.isBarred("romeo@montague.example")).toBe(false);
});

test("a database that does not answer holds up nobody's publish for long, and the next ones not at all", async () => {
	let isHanging = false;
	const never = new Promise<never>(() => {});
	const db = new Proxy(database.db, {
		get: (its, name) =>
			isHanging && name === "select"
				? () => ({ from: () => ({ limit: () => never }) })
				: Reflect.get(its, name),
	});
	const bars = createBars(db, { endSome: async () => 0, now: () => now });
	await bars.add("montague.example", "floods");
	await bars.isBarred("");
	isHanging = true;
	now += 29_000;
	expect(bars.isBarred("romeo@montague.example")).toBe(true);
	now += 1_000;
	const begun = performance.now();
	const asked = Array.from({ length: 100 }, (_, i) => bars.isBarred(`user${i}@capulet.example`));
	expect(await Promise.race([Promise.all(asked), Bun.sleep(3_000)])).toEqual(Array(100).fill(false));
	expect(performance.now() - begun).toBeLessThan(2_000);
	expect(bars.isBarred("romeo@montague.example")).toBe(true);
	expect(bars.isBarred("juliet@capulet.example")).toBe(false);
});
