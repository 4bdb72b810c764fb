/** Guessing at invites, and being let in by one. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { registrationBounds } from "../../src/limits/bounds/registrations.ts";
import { createInviteDesk, type InviteDesk, type InviteGuest } from "../../src/registering/invite-check.ts";
import { createInvites, type Invites } from "../../src/store/invites.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const CODE = "0123456789AB";

let database: TestDatabase;
let now: number;
let lookedUp: number;
let invites: Invites;
let desk: InviteDesk;
beforeEach(async () => {
	database = await openTestDatabase();
	now = 1_000_000;
	lookedUp = 0;
	invites = createInvites(database.db, () => now);
	const counting: Invites = {
		...invites,
		use(...asked) {
			lookedUp++;
			return invites.use(...asked);
		},
	};
	desk = createInviteDesk(counting, () => now);
	await invites.make({ id: "one", uses: 5, endsAt: now + 1e9 }, { link: "A".repeat(22), code: CODE });
});
afterEach(() => database.close());

const guest = (one = "romeo@example.org", all = "example.org"): InviteGuest => ({
	whoever: [one, all],
	guessers: { one, all },
});
const wrong = (at: number) => `ZZZZ-ZZZZ-${String(1000 + (at % 9000))}`;

test("an invite lets in, and can be given back", async () => {
	const admitted = await desk.check("0123-4567-89ab", guest());
	if (admitted.kind !== "admitted") throw new Error(admitted.reason);
	expect(admitted.id).toBe("one");
	await admitted.giveBack();
	expect((await invites.list())[0]?.used).toBe(0);
});

test("five that are none, then no more are looked up for a minute, not even a right one", async () => {
	for (let at = 0; at < 5; at++) {
		expect(await desk.check(wrong(at), guest())).toMatchObject({ kind: "no-invite", why: "unknown" });
	}
	expect(await desk.check(CODE, guest())).toEqual({
		kind: "no-invite",
		why: "too-often",
		reason: "Too many invites that let nobody in came from you: try again in 12 s.",
		seconds: 12,
	});
	expect(lookedUp).toBe(5);
	// A neighbour is none who guessed.
	expect(await desk.check(CODE, guest("juliet@example.org"))).toMatchObject({ kind: "admitted" });
	now += 12_000;
	expect(await desk.check(CODE, guest())).toMatchObject({ kind: "admitted" });
});

test("of 10,000 guesses at once, from as many accounts of one domain as one likes, no more than its share is looked up", async () => {
	const answers = await Promise.all(
		Array.from({ length: 10_000 }, (_, at) =>
			desk.check(wrong(at), guest(`user${at}@evil.example`, "evil.example")),
		),
	);
	const { burst } = registrationBounds.wrongInvitesOfParty.is;
	expect(lookedUp).toBe(burst);
	expect(answers.filter(({ kind }) => kind === "admitted")).toEqual([]);
	expect(answers.filter((one) => one.kind === "no-invite" && one.why === "too-often")).toHaveLength(
		10_000 - burst,
	);
	expect(await desk.check(CODE, guest())).toMatchObject({ kind: "admitted" });
});

test("what is used up, ended or another's is looked up as seldom", async () => {
	await invites.make(
		{ id: "two", uses: 1, endsAt: now + 1e9, onlyFor: "juliet@example.org" },
		{ link: "B".repeat(22), code: "BBBBBBBBBBBB" },
	);
	for (let at = 0; at < 5; at++) {
		expect(await desk.check("BBBB-BBBB-BBBB", guest())).toMatchObject({ why: "for-others" });
	}
	expect(await desk.check("BBBB-BBBB-BBBB", guest())).toMatchObject({ why: "too-often" });
	expect(lookedUp).toBe(5);
});

test("who was let in is known without an invite, until it is revoked; others are looked up as seldom as who guesses", async () => {
	const guessers = { one: "romeo@example.org", all: "example.org" };
	let looks = 0;
	const look = (ids: string[]) => async () => {
		looks++;
		return ids;
	};
	for (let at = 0; at < 9; at++) expect(await desk.wasLetIn(guessers, look(["gone", "one"]))).toBe(true);
	await invites.revoke("one");
	for (let at = 0; at < 9; at++) expect(await desk.wasLetIn(guessers, look(["one"]))).toBe(false);
	expect(looks).toBe(9 + 5);
	// That was no guess at an invite.
	expect(await desk.check(CODE, { whoever: ["romeo@example.org", "example.org"], guessers })).toMatchObject({
		why: "revoked",
	});
});

test("where nobody vouches for an address, one for an address says how it is used", async () => {
	await invites.make(
		{ id: "two", uses: 1, endsAt: now + 1e9, onlyFor: "example.org" },
		{ link: "B".repeat(22), code: "BBBBBBBBBBBB" },
	);
	const stranger: InviteGuest = { whoever: [], guessers: { one: "network 192.0.2.1" } };
	expect(await desk.check("B".repeat(22), stranger)).toMatchObject({
		why: "for-others",
		reason: expect.stringContaining("register over XMPP with it"),
	});
	expect(await desk.check(CODE, stranger)).toMatchObject({ kind: "admitted" });
});

test("who is renewed uses nothing up", async () => {
	const renewing = { ...guest(), known: async () => "one" };
	for (let at = 0; at < 9; at++) expect(await desk.check(CODE, renewing)).toMatchObject({ id: "one" });
	expect((await invites.list())[0]?.used).toBe(0);
	await invites.revoke("one");
	expect(await desk.check(CODE, renewing)).toMatchObject({ why: "revoked" });
});
