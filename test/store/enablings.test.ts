import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { enablingBounds } from "../../src/limits/bounds/enabling.ts";
import { createEnablings, type Enablings } from "../../src/store/enablings.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const JID = "push.example.org";
const ROMEO = "romeo@example.org";
const wish = (node: string, owner = ROMEO) => ({ node, owner, jid: JID });

let database: TestDatabase;
let enablings: Enablings;
let now: number;
beforeEach(async () => {
	database = await openTestDatabase();
	now = 1_000_000;
	enablings = createEnablings(database.db, () => now);
});
afterEach(() => database.close());

/** The one of this node, which is there. */
async function the(node: string) {
	const found = await enablings.find(node);
	if (!found) throw new Error(`${node} is not there`);
	return found;
}
const dueNodes = async (domain = "example.org") =>
	(await enablings.due({ domains: [domain], components: [JID] }, 10)).map(({ node }) => node);

describe("what is to be enabled", () => {
	test("is written down, and due by itself only when its registration must be there", async () => {
		expect(await enablings.want(wish("n1"))).toBe(true);
		expect(await the("n1")).toMatchObject({
			owner: ROMEO,
			domain: "example.org",
			jid: JID,
			state: "waiting",
		});
		expect(await dueNodes()).toEqual([]);
		now += 30_000;
		expect(await dueNodes()).toEqual(["n1"]);
		expect(await dueNodes("example.com")).toEqual([]);
		expect(await enablings.due({ domains: [], components: [JID] }, 10)).toEqual([]);
		const elsewhere = { domains: ["example.org"], components: ["push2.example.org"] };
		expect(await enablings.due(elsewhere, 10)).toEqual([]);
		await enablings.drop("n1");
		expect(await enablings.find("n1")).toBeUndefined();
	});

	test("is due at once where its registration is known to be there", async () => {
		await enablings.want(wish("n1"));
		await enablings.ready("n1");
		expect(await dueNodes()).toEqual(["n1"]);
		await enablings.settle(await the("n1"), { state: "waiting", reason: "so", dueAt: now + 1000 });
		await enablings.ready("n1");
		expect(await dueNodes()).toEqual([]);
	});

	test("is settled once: what was asked for anew meanwhile stays to be done", async () => {
		await enablings.want(wish("n1"));
		const tried = await the("n1");
		await enablings.want(wish("n1"));
		expect(await enablings.settle(tried, { state: "enabled" })).toBe(false);
		expect((await the("n1")).state).toBe("waiting");
		expect(await enablings.settle(await the("n1"), { state: "enabled" })).toBe(true);
		now += 1_000_000;
		expect(await dueNodes()).toEqual([]);
	});

	test("that is tried in vain keeps since when, and is hurried once its domain gives the permission", async () => {
		await enablings.want(wish("n1"));
		const first = await the("n1");
		now += 60_000;
		await enablings.settle(first, { state: "waiting", reason: "x".repeat(1000), dueAt: now + 3_600_000 });
		const second = await the("n1");
		expect(second).toMatchObject({ since: first.since, triedSince: first.triedSince, tries: 1 });
		expect(second.reason).toHaveLength(enablingBounds.reason.is);
		expect(await dueNodes()).toEqual([]);
		await enablings.hurry("example.com");
		expect(await dueNodes()).toEqual([]);
		await enablings.hurry("example.org");
		expect(await dueNodes()).toEqual(["n1"]);
	});

	test("is bounded for each owner, and what is there already may be asked for again", async () => {
		for (let n = 0; n < enablingBounds.perOwner.is; n++)
			expect(await enablings.want(wish(`n${n}`))).toBe(true);
		expect(await enablings.want(wish("one more"))).toBe(false);
		expect(await enablings.want(wish("n0"))).toBe(true);
		expect(await enablings.want(wish("another's", "juliet@example.org"))).toBe(true);
		expect(await enablings.countByDomain()).toEqual([
			{ domain: "example.org", count: enablingBounds.perOwner.is + 1 },
		]);
	});
});

describe("what ended", () => {
	test("is due at once, and gone when its server was told", async () => {
		await enablings.want(wish("n1"));
		await enablings.settle(await the("n1"), { state: "enabled" });
		await enablings.end(["n1"]);
		expect(await dueNodes()).toEqual(["n1"]);
		const ending = await the("n1");
		// A second word of its end changes nothing.
		await enablings.end(["n1", "never there"]);
		expect(await enablings.done(ending)).toBe(true);
		expect(await enablings.done(ending)).toBe(false);
		expect(await enablings.find("n1")).toBeUndefined();
	});

	test("is found by its missing registration, wherever it ended", async () => {
		const registrations = createRegistrations(database.db, { owner: 50, address: 50, host: 50 });
		const its = { owner: ROMEO, app: "webpush", device: "d", token: "https://push.example/1" };
		await registrations.register(its, () => "n1");
		for (const node of ["n0", "n1", "n2"]) await enablings.want(wish(node));
		const missing = async (before: number, after = "") =>
			(await enablings.withoutRegistration(before, after, 10)).map(({ node }) => node);
		expect(await missing(now)).toEqual([]);
		expect(await missing(now + 1)).toEqual(["n0", "n2"]);
		expect(await missing(now + 1, "n0")).toEqual(["n2"]);
		await registrations.remove("n1");
		await enablings.end(["n0"]);
		expect(await missing(now + 1)).toEqual(["n1", "n2"]);
	});
});

test("what is to be done for too long is found, but for the domains that are looked at anyway", async () => {
	for (const node of ["n1", "n2", "n3"]) await enablings.want(wish(node));
	await enablings.end(["n2"]);
	await enablings.settle(await the("n3"), { state: "enabled" });
	const overdue = async (waiting: number, ending: number, domains: string[] = []) =>
		(await enablings.overdue({ waiting, ending }, { domains, components: [JID] }, 10))
			.map(({ node }) => node)
			.sort();
	expect(await overdue(now, now)).toEqual([]);
	expect(await overdue(now + 1, now)).toEqual(["n1"]);
	expect(await overdue(now, now + 1)).toEqual(["n2"]);
	expect(await overdue(now + 1, now + 1, ["example.com"])).toEqual(["n1", "n2"]);
	expect(await overdue(now + 1, now + 1, ["example.org"])).toEqual([]);
});

test("an owner's are told in the order in which they came to their state", async () => {
	await enablings.want(wish("n2"));
	now += 1;
	await enablings.want(wish("n1"));
	await enablings.want(wish("n3", "juliet@example.org"));
	expect((await enablings.ofOwner(ROMEO)).map(({ node }) => node)).toEqual(["n2", "n1"]);
});
