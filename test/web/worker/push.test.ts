/** A push comes: one notification, counted and told. */
import { describe, expect, test } from "bun:test";
import { createDevices } from "../../../src/web/store/devices-store.ts";
import { type PushEffects, takePush } from "../../../src/web/worker/push.ts";
import { ownDevice } from "../own-device.ts";
import { surroundings } from "./effects.ts";

const saying = (said: object) => ({ data: { json: () => ({ node: "node-1", class: "high", ...said }) } });
const juliet = { sender: "juliet@example.net/balcony", body: "Romeo!" };

async function woken() {
	const its = surroundings();
	await its.effects.devices.put(ownDevice());
	const push = (said: object, changes: Partial<PushEffects> = {}) =>
		takePush(saying(said), { ...its.effects, ...changes });
	return { ...its, push, device: () => its.effects.devices.get("node-1") };
}

describe("a message", () => {
	test("is counted for its sender, on the badge, and told", async () => {
		const { push, shown, told, badges, device, clock } = await woken();
		await push(juliet);
		await push(juliet);
		await push({ sender: "mercutio@example.net", body: "A plague!" });
		expect(shown.map(({ title }) => title)).toEqual([
			"juliet@example.net",
			"juliet@example.net (2 messages)",
			"mercutio@example.net",
		]);
		expect(badges).toEqual([1, 2, 3]);
		expect(told).toEqual(Array(3).fill({ kind: "shown", node: "node-1" }));
		expect(await device()).toMatchObject({
			lastPushAt: clock.at,
			unread: { "juliet@example.net": 2, "mercutio@example.net": 1 },
		});
	});

	test("names the account where there are several that did not end", async () => {
		const { push, shown, effects } = await woken();
		const other = ownDevice({ node: "node-2", account: "juliet@example.net" });
		await effects.devices.put({ ...other, ended: { at: 1, why: "gone" } });
		await push(juliet);
		await effects.devices.put(other);
		await push(juliet);
		expect(shown.map(({ options }) => options.body)).toEqual(["Romeo!", "Romeo! (to romeo@example.net)"]);
	});

	test("is shown in the language of the page, and opens what the operator set", async () => {
		const { push, shown, effects } = await woken();
		await effects.devices.setLanguage("de");
		await effects.devices.setOpenTemplate("https://chat.example/{jid}");
		await push({ sender: "juliet@example.net" });
		expect(shown[0]?.options).toMatchObject({
			lang: "de",
			data: { url: "https://chat.example/juliet%40example.net" },
		});
	});
});

test("half a character in what a stranger wrote keeps nothing from being shown", async () => {
	const { push, shown } = await woken();
	await push({ sender: "juliet\ud800@example.net", body: "Romeo\udc00", nickname: "\ud83d" });
	expect(shown.map(({ options }) => [options.body, options.data.url])).toEqual([
		["Romeo\ufffd", "xmpp:juliet%EF%BF%BD@example.net"],
	]);
});

describe("a test", () => {
	test("that is waited for says how long it took, and is no message", async () => {
		const { push, shown, told, badges, device, clock, effects } = await woken();
		await effects.devices.setPendingTest({ node: "node-1", body: "Test 1", startedAt: clock.at });
		clock.at += 412;
		await push({ body: "Test 1" });
		expect(shown.map(({ title, options }) => [title, options.body])).toEqual([
			["It works", "This test push took 412 ms."],
		]);
		expect(told).toEqual([{ kind: "test-shown", node: "node-1", at: clock.at, tookMs: 412 }]);
		expect(badges).toEqual([0]);
		expect(await device()).toMatchObject({ lastTest: { at: clock.at, tookMs: 412 } });
		expect((await device())?.unread).toBeUndefined();
		await push({ body: "Test 1" });
		expect(shown[1]?.title).toBe("New message");
	});

	test("is not what a call or a read mark was", async () => {
		const { push, shown, clock, effects } = await woken();
		await effects.devices.setPendingTest({ node: "node-1", startedAt: clock.at });
		await push({ class: "low" });
		await push({ class: "voip" });
		await push({ body: "Test" });
		expect(shown.map(({ title }) => title)).toEqual(["Something new", "A call", "It works"]);
	});
});

test("a removed account ends its device", async () => {
	const { push, shown, told, badges, device, clock } = await woken();
	await push(juliet);
	await push({ class: "event", event: "account-removed" });
	expect(shown[1]?.options.body).toBe("romeo@example.net was removed from its server.");
	expect(told[1]).toEqual({ kind: "changed" });
	expect(badges).toEqual([1, 0]);
	expect(await device()).toMatchObject({ ended: { at: clock.at, why: "account-removed" }, unread: {} });
});

test("a class that is not known is no message", async () => {
	const { push, shown, device } = await woken();
	await push({ class: "later", ...juliet });
	expect(shown).toHaveLength(1);
	expect((await device())?.unread).toBeUndefined();
});

describe("one notification is shown, and no other,", () => {
	const nothingStored = { devices: createDevices({ indexedDB: undefined, now: Date.now }) };
	const stuck = {
		devices: { ...nothingStored.devices, takePendingTest: () => new Promise<never>(() => {}) },
	};

	test("where the browser stores nothing", async () => {
		const { push, shown, told } = await woken();
		await push(juliet, nothingStored);
		expect(shown.map(({ title, options }) => [title, options.body])).toEqual([
			["juliet@example.net", "Romeo!"],
		]);
		expect(told).toEqual([{ kind: "shown", node: "node-1" }]);
	});

	test("where its database does not answer in time", async () => {
		const { push, shown } = await woken();
		const waited: number[] = [];
		const after = async (ms: number) => void waited.push(ms);
		await push(juliet, { ...stuck, after });
		expect(waited).toEqual([3_000]);
		expect(shown.map(({ title }) => title)).toEqual(["juliet@example.net"]);
	});

	test("where the node is not this browser's any more", async () => {
		const { push, shown } = await woken();
		await push({ ...juliet, node: "node-9" });
		expect(shown.map(({ title }) => title)).toEqual(["juliet@example.net"]);
	});

	test("where there are no badges, and no page hears", async () => {
		const { push, shown } = await woken();
		const fails = async () => {
			throw new TypeError("not here");
		};
		await push(juliet, { setBadge: fails, tell: fails });
		expect(shown).toHaveLength(1);
	});

	test.each([[{}], [{ data: null }], [{ data: { json: () => "text" } }]])("of %j", async (data) => {
		const { effects, shown, told } = surroundings();
		await takePush(data, effects);
		expect(shown.map(({ title }) => title)).toEqual(["Something new"]);
		expect(told).toEqual([]);
	});
});
