import { expect, test } from "bun:test";
import { createSignInLimit } from "../../../../src/routes/admin/console/sign-in-limit.ts";

test("five wrong tokens a minute for each network, and it says how many are left", () => {
	const state = { now: 1_000_000 };
	const limit = createSignInLimit(() => state.now);
	for (const left of [4, 3, 2, 1, 0]) {
		expect(limit.wait("192.0.2.1")).toBe(0);
		expect(limit.wrong("192.0.2.1")).toEqual({ triesLeft: left, isTold: true });
		state.now += 1000;
	}
	expect(limit.wait("192.0.2.1")).toBe(55_000);
	expect(limit.wait("192.0.2.2")).toBe(0);
	state.now += 55_000;
	expect(limit.wait("192.0.2.1")).toBe(0);
	expect(limit.wrong("192.0.2.1").triesLeft).toBe(0);
});

test("whoever has an IPv6 /48 has no more than its bound", () => {
	const limit = createSignInLimit(() => 1_000_000);
	for (let i = 0; i < 20; i++) limit.wrong(`2001:db8:1:${i.toString(16)}::/64`);
	expect(limit.wait("2001:db8:1:ffff::/64")).toBe(60_000);
	expect(limit.wait("2001:db8:2::/64")).toBe(0);
});

test("a hundred in a minute from everywhere leave each network one try", () => {
	const limit = createSignInLimit(() => 1_000_000);
	for (let i = 0; i < 100; i++) expect(limit.wrong(`192.0.2.${i}`).isTold).toBe(true);
	expect(limit.wait("203.0.113.1")).toBe(0);
	expect(limit.wrong("203.0.113.1")).toEqual({ triesLeft: 0, isTold: false });
	expect(limit.wait("203.0.113.1")).toBe(60_000);
});

test("a clock that is set back locks nobody out", () => {
	const state = { now: 10_000_000 };
	const limit = createSignInLimit(() => state.now);
	for (let i = 0; i < 5; i++) limit.wrong("192.0.2.1");
	state.now = 1_000_000;
	expect(limit.wait("192.0.2.1")).toBe(0);
});
