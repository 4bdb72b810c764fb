import { expect, test } from "bun:test";
import { createSessions } from "../../../../src/routes/admin/console/sessions.ts";

const adminToken = "the-operators-own-token-of-32-characters";
const secretKey = "a key of at least thirty-two characters, for tests";
const HOUR = 3_600_000;

const sessionsAt = (state: { now: number }, changed: { adminToken?: string; secretKey?: string } = {}) =>
	createSessions({ adminToken, secretKey, now: () => state.now, ...changed });

test("a session is taken for twelve hours, by every process of the same settings", async () => {
	const state = { now: 1_800_000_000_000 };
	const { session, cookie } = await (await sessionsAt(state)).open();
	const other = await sessionsAt(state);
	expect(await other.read(cookie)).toEqual(session);
	expect(session.endsAt).toBe(state.now + 12 * HOUR);
	state.now += 12 * HOUR - 1;
	expect(await other.read(cookie)).toEqual(session);
	state.now += 1;
	expect(await other.read(cookie)).toBeUndefined();
});

test("a new ADMIN_TOKEN or SECRET_KEY ends all sessions", async () => {
	const state = { now: 1_800_000_000_000 };
	const { cookie } = await (await sessionsAt(state)).open();
	for (const changed of [{ adminToken: `${adminToken}!` }, { secretKey: `${secretKey}!` }])
		expect(await (await sessionsAt(state, changed)).read(cookie)).toBeUndefined();
});

test("what is not exactly a cookie of ours is none", async () => {
	const state = { now: 1_800_000_000_000 };
	const sessions = await sessionsAt(state);
	const { cookie } = await sessions.open();
	const [id = "", ends = "", signature = ""] = cookie.split(".");
	const later = `${id}.${Number(ends) + 3600}.${signature}`;
	const others = [
		later,
		`${id}.${ends}`,
		`${cookie}.x`,
		` ${cookie}`,
		cookie.toUpperCase(),
		"",
		"x".repeat(1e6),
	];
	for (const other of others) expect(await sessions.read(other)).toBeUndefined();
	state.now -= 13 * HOUR;
	expect(await sessions.read(cookie)).toBeUndefined();
});

test("one that was signed out is refused as long as it would have lasted; the list of those is bounded", async () => {
	const state = { now: 1_800_000_000_000 };
	const sessions = await sessionsAt(state);
	const kept = await sessions.open();
	const first = await sessions.open();
	sessions.end(first.session);
	expect(await sessions.read(first.cookie)).toBeUndefined();
	expect(await sessions.read(kept.cookie)).toEqual(kept.session);
	state.now += 1000;
	for (let i = 0; i < 2000; i++) sessions.end({ id: `${i}`, endsAt: state.now + HOUR * 13, formToken: "" });
	// Forgotten, as the one that ends first.
	expect(await sessions.read(first.cookie)).toEqual(first.session);
});

test("the form's token is of the session, and tells nothing of the cookie", async () => {
	const sessions = await sessionsAt({ now: 1_800_000_000_000 });
	const [one, other] = [await sessions.open(), await sessions.open()];
	expect(one.session.formToken).not.toBe(other.session.formToken);
	expect(one.session.formToken).toMatch(/^[\w-]{43}$/);
	expect(one.cookie).not.toContain(one.session.formToken);
});
