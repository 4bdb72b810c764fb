/** Invites: who is let in, how often, until when, and what is kept of their secrets. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../src/limits/bounds/registrations.ts";
import { createInvites, hashOfInvite, type Invites } from "../../src/store/invites.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const LINK = "AAAAAAAAAAAAAAAAAAAAAA";
const CODE = "0123456789AB";
const byLink = { kind: "link", secret: LINK } as const;
const byCode = { kind: "code", secret: CODE } as const;
const ROMEO = ["romeo@example.org", "example.org"];

let database: TestDatabase;
let now: number;
let invites: Invites;
beforeEach(async () => {
	database = await openTestDatabase();
	now = 1_000_000;
	invites = createInvites(database.db, () => now);
});
afterEach(() => database.close());

const make = (more: { onlyFor?: string; uses?: number; name?: string; id?: string; endsAt?: number } = {}) =>
	invites.make({ id: "one", uses: 1, endsAt: now + 1000, ...more }, { link: LINK, code: CODE });

test("one use is one use, by the link or by the code", async () => {
	await make();
	expect(await invites.use(byLink, ROMEO)).toEqual({ id: "one" });
	expect(await invites.use(byLink, ROMEO)).toBe("used-up");
	expect(await invites.use(byCode, ROMEO)).toBe("used-up");
});

test("of many at once that want the last use one gets it", async () => {
	await make({ uses: 3 });
	const all = await Promise.all(Array.from({ length: 20 }, () => invites.use(byCode, ROMEO)));
	expect(all.filter((one) => typeof one === "object")).toHaveLength(3);
	expect(all.filter((one) => one === "used-up")).toHaveLength(17);
});

test("a use that came to nothing is given back, and none more", async () => {
	await make();
	await invites.use(byLink, ROMEO);
	await invites.giveBack("one");
	await invites.giveBack("one");
	expect(await invites.use(byLink, ROMEO)).toEqual({ id: "one" });
	expect(await invites.use(byLink, ROMEO)).toBe("used-up");
});

test.each([
	["romeo@example.org", ROMEO, true],
	["example.org", ROMEO, true],
	["juliet@example.org", ROMEO, false],
	["org", ROMEO, false],
	["example.org", [], false],
])("for %s shown by %p", async (onlyFor, whoever, isLetIn) => {
	await make({ onlyFor });
	expect(await invites.use(byLink, whoever)).toEqual(isLetIn ? { id: "one" } : "for-others");
	expect((await invites.list())[0]?.used).toBe(isLetIn ? 1 : 0);
});

test("its time is over, it is revoked, or it never was", async () => {
	await make({ uses: 9 });
	expect(await invites.use({ kind: "code", secret: "ZZZZZZZZZZZZ" }, ROMEO)).toBe("unknown");
	// A code is none by its link's way, and the other way round.
	expect(await invites.use({ kind: "link", secret: CODE }, ROMEO)).toBe("unknown");
	now += 1000;
	expect(await invites.use(byLink, ROMEO)).toBe("ended");
	expect(await invites.revoke("one")).toBe(true);
	expect(await invites.revoke("one")).toBe(false);
	expect(await invites.revoke("two")).toBe(false);
	expect(await invites.use(byLink, ROMEO)).toBe("revoked");
});

test("whom it let in may show it again, as long as it is not revoked", async () => {
	await make();
	expect(await invites.shownAgain(byCode)).toBe("one");
	now += 1000;
	expect(await invites.shownAgain(byLink)).toBe("one");
	await invites.revoke("one");
	expect(await invites.shownAgain(byLink)).toBeUndefined();
});

test("the list says what people need, and no secret or hash of one", async () => {
	await make({ name: "Family", onlyFor: "example.org", uses: 5 });
	await invites.use(byLink, ROMEO);
	expect(await invites.list()).toEqual([
		{ id: "one", name: "Family", onlyFor: "example.org", uses: 5, used: 1, madeAt: now, endsAt: now + 1000 },
	]);
	expect(await invites.names(["one", "two"])).toEqual(new Map([["one", "Family"]]));
});

test("the database has hashes of both secrets alone", async () => {
	await make();
	const { rows } = await database.client.execute("SELECT * FROM invites");
	const kept = JSON.stringify(rows);
	for (const secret of [LINK, CODE]) {
		expect(kept).not.toContain(secret);
		expect(kept).toContain(await hashOfInvite(secret));
	}
});

describe("as many as may be", () => {
	const fill = (endsAt: number) =>
		database.client.execute({
			sql: `INSERT INTO invites (id, link_hash, code_hash, uses, made_at, ends_at)
				SELECT 'old' || value, 'l' || value, 'c' || value, 1, 1, ? FROM generate_series(1, ${registrationBounds.invites.is})`,
			args: [endsAt],
		});

	test("no further one is made while none has ended", async () => {
		await fill(now + 1);
		expect(await make()).toBe(false);
		expect(await invites.use(byLink, ROMEO)).toBe("unknown");
	});

	test("those that ended make room", async () => {
		await fill(now - 1);
		expect(await make()).toBe(true);
		expect((await invites.list()).length).toBeLessThanOrEqual(registrationBounds.invites.is);
		expect(await invites.use(byLink, ROMEO)).toEqual({ id: "one" });
	});
});
