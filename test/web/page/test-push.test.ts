/** Where a test push stopped is told from what Reveille noted since. */
import { expect, test } from "bun:test";
import type { Shown } from "../../../src/web/kit/kit.ts";
import { byReveille, type Sending, testPush } from "../../../src/web/page/test-push.ts";
import { failing, fakeApi, fakeBrowser, fakeClock, fakeDevices, NOW, OWN, SHOWN } from "./fakes.ts";

const sent: Sending = {
	device: OWN,
	prepare: async () => {},
	send: async () => ({ legs: { server: 40, reveille: 20 } }),
};

/** A push that nobody shows within 30 s, with what Reveille says of it before and after. */
async function late(after: Shown, sending: Sending = sent, before: Shown = SHOWN) {
	const clock = fakeClock();
	const said = [before, after];
	const api = fakeApi({ show: async () => said.shift() ?? after });
	const sendAndPass: Sending = {
		...sending,
		async send() {
			const answer = await sending.send();
			queueMicrotask(() => queueMicrotask(() => clock.pass(30_000)));
			return answer;
		},
	};
	return testPush({ devices: fakeDevices(OWN), api, browser: fakeBrowser(), clock }, sendAndPass);
}

test("nothing new at Reveille: it has not sent it", async () => {
	expect(await late(SHOWN)).toEqual({
		kind: "stopped",
		station: "reveille",
		legs: { server: 40, reveille: 20 },
	});
});

test("another error: the push service refused it, in its words", async () => {
	expect(await late({ ...SHOWN, lastErrorAt: NOW, lastError: "503" })).toMatchObject({
		station: "push-service",
		lastError: "503",
	});
});

test("an error of before the test is not the test's", async () => {
	const before = { ...SHOWN, lastErrorAt: NOW - 60_000, lastError: "503" };
	expect(await late({ ...before, lastSuccessAt: NOW }, sent, before)).toMatchObject({ station: "browser" });
});

test("another success: the browser did not show it", async () => {
	expect(await late({ ...SHOWN, lastSuccessAt: NOW })).toMatchObject({ station: "browser" });
});

test("a test of another device is not this one's", async () => {
	const clock = fakeClock();
	const browser = fakeBrowser();
	const sending: Sending = {
		...sent,
		async send() {
			browser.says({ kind: "test-shown", node: "another", at: 0, tookMs: 1 });
			queueMicrotask(() => queueMicrotask(() => clock.pass(30_000)));
			return { legs: {} };
		},
	};
	const result = await testPush({ devices: fakeDevices(OWN), api: fakeApi(), browser, clock }, sending);
	expect(result.kind).toBe("stopped");
});

test("one that is shown is noted at the device", async () => {
	const devices = fakeDevices(OWN);
	const browser = fakeBrowser();
	const sending: Sending = {
		...sent,
		async send() {
			browser.says({ kind: "test-shown", node: OWN.node, at: 0, tookMs: 412 });
			return { legs: { server: 41, reveille: 118 } };
		},
	};
	const result = await testPush({ devices, api: fakeApi(), browser, clock: fakeClock() }, sending);
	expect(result).toEqual({
		kind: "shown",
		tookMs: 412,
		legs: { server: 41, reveille: 118, pushService: 253 },
	});
	expect(devices.there.get(OWN.node)?.lastTest).toEqual({ at: NOW, tookMs: 412 });
});

test("Reveille's answer may come after the push was shown: no leg is longer than the way", async () => {
	const browser = fakeBrowser();
	const sending: Sending = {
		...sent,
		async send() {
			browser.says({ kind: "test-shown", node: OWN.node, at: 0, tookMs: 69 });
			return { legs: { server: 2, reveille: 123 } };
		},
	};
	const effects = { devices: fakeDevices(OWN), api: fakeApi(), browser, clock: fakeClock() };
	expect(await testPush(effects, sending)).toMatchObject({
		legs: { server: 2, reveille: 67, pushService: 0 },
	});
});

test("the server's silence and Reveille's are told apart", async () => {
	const effects = () => ({
		devices: fakeDevices(OWN),
		api: fakeApi(),
		browser: fakeBrowser(),
		clock: fakeClock(),
	});
	const lost = { ...sent, send: failing({ kind: "disconnected", domain: "example.net" }) };
	expect(await testPush(effects(), lost)).toMatchObject({
		station: "server",
		fault: { kind: "disconnected" },
	});
	const away = { ...sent, prepare: failing({ kind: "reveille-away", address: "push.example.net" }) };
	expect(await testPush(effects(), away)).toMatchObject({
		station: "reveille",
		fault: { kind: "reveille-away" },
	});
});

test.each([
	["refused", { station: "push-service", lastError: "why" }],
	["queued", { station: "push-service", lastError: "why" }],
	["skipped", { station: "reveille", lastError: "why" }],
	["gone", { station: "reveille", fault: { kind: "ended" } }],
	["not-now", { station: "reveille", fault: { kind: "not-now", reason: "why" } }],
] as const)("by the device secret: %p", async (result, expected) => {
	const api = fakeApi({ test: async () => ({ result, reason: "why" }) });
	const effects = { devices: fakeDevices(OWN), api, browser: fakeBrowser(), clock: fakeClock() };
	expect(await testPush(effects, byReveille(api, OWN))).toMatchObject({ kind: "stopped", ...expected });
});
