/**
 * APNs: what Siskin and its kin read in a push. What everybody else gets is in request.test.ts.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { applyPolicy } from "../../../src/delivery/app-policy.ts";
import { buildRequest, collapseIdOf } from "../../../src/services/apns/apns.ts";
import type { App, Notification, PushClass, Registration } from "../../../src/types.ts";
import { refusal } from "../../peers/apns-rules.ts";
import { pushTo, TOKEN, VOIP_TOKEN } from "./pushes.ts";

const NOW = Date.UTC(2026, 0, 1);
const TOPIC = "org.example.siskin";
const ACCOUNT = "juliet@example.net";
const tigase: Partial<Registration> = { dialect: "tigase" };
const message: Notification = {
	class: "high",
	count: 3,
	pending: 1,
	sender: "romeo@example.org/orchard",
	body: "Wherefore art thou…",
};
const encrypted = { data: "c2VjcmV0", iv: "aXY=" };
const shown = { alert: { body: "New message" }, sound: "default", "mutable-content": 1 };
const silent = { "content-available": 1 };

function requestFor(
	notification: Notification,
	registration: Partial<Registration>,
	payload?: App["payload"],
) {
	const push = pushTo({ token: TOKEN, voipToken: VOIP_TOKEN }, notification);
	const app = { topic: TOPIC, alert: { text: "New message" }, url: "https://apns.example", payload };
	const parts = { id: "123e4567-e89b-12d3-a456-4266554400a0", now: NOW, authorization: "bearer a.b.c" };
	return buildRequest(app, { ...push, registration: { ...push.registration, ...registration } }, parts);
}

const payloadFor = (...given: Parameters<typeof requestFor>) =>
	JSON.parse(new TextDecoder().decode(requestFor(...given).init.body));

describe("Siskin", () => {
	test("is told the account, and the message in its own words", () => {
		expect(payloadFor(message, tigase)).toEqual({
			aps: shown,
			account: ACCOUNT,
			sender: "romeo@example.org",
			body: "Wherefore art thou…",
			"unread-messages": 3,
		});
	});

	test("is told who wrote in a room", () => {
		const inRoom = { ...message, sender: "coven@chat.example.net", nickname: "thirdwitch" };
		expect(payloadFor(inRoom, tigase)).toMatchObject({
			sender: "coven@chat.example.net",
			nickname: "thirdwitch",
		});
	});

	test("gets what only it can read as it came, and nothing else of the message", () => {
		expect(payloadFor({ ...message, encrypted }, tigase)).toEqual({
			aps: shown,
			account: ACCOUNT,
			encrypted: "c2VjcmV0",
			iv: "aXY=",
		});
	});

	test("gets a call where PushKit listens, with nothing that Apple would show", () => {
		const call: Notification = { class: "voip", encrypted: { ...encrypted, type: "voip" } };
		const { url, init } = requestFor(call, tigase);
		expect(url).toBe(`https://apns.example/3/device/${VOIP_TOKEN}`);
		expect(init.headers["apns-topic"]).toBe(`${TOPIC}.voip`);
		expect(payloadFor(call, tigase)).toEqual({
			aps: {},
			account: ACCOUNT,
			encrypted: "c2VjcmV0",
			iv: "aXY=",
		});
	});

	test("takes messages off the screen that were read elsewhere", () => {
		expect(payloadFor({ class: "low", count: 0 }, tigase)).toEqual({
			aps: silent,
			account: ACCOUNT,
			"unread-messages": 0,
		});
	});

	test.each<PushClass>(["low", "event"])("is woken without a sign by a push of class %s", (pushClass) => {
		expect(payloadFor({ class: pushClass, event: "account-removed" }, tigase)).toEqual({
			aps: silent,
			account: ACCOUNT,
		});
	});

	test("never has its node on the way: whoever knows it could publish", () => {
		for (const notification of [message, { ...message, encrypted }, { class: "low" } as const]) {
			const { init } = requestFor(notification, tigase);
			expect(new TextDecoder().decode(init.body)).not.toContain("node");
		}
	});

	test("gets of a message what the app's policy lets leave, and the account always", () => {
		const app: App = { name: "siskin", service: "apns" };
		const payload = (include?: App["include"]) =>
			payloadFor(applyPolicy({ ...app, ...(include && { include }) }, message, {}), tigase);
		expect(payload()).toEqual({ aps: shown, account: ACCOUNT, "unread-messages": 3 });
		expect(payload({ sender: true, body: false })).toMatchObject({ sender: "romeo@example.org" });
		expect(payload({ sender: true, body: false })).not.toHaveProperty("body");
		expect(payload({ sender: false, body: true })).not.toHaveProperty("sender");
	});
});

describe("on the screen", () => {
	const collapseIdFor = (notification: Notification, registration: Partial<Registration>) => {
		const push = pushTo(TOKEN, notification);
		return collapseIdOf({ ...push, registration: { ...push.registration, ...registration } });
	};

	test.each([
		["that Siskin shows", tigase],
		["of every other app, whose text may leave", {}],
	])("a message %s takes no other's place", async (_, registration) => {
		expect(await collapseIdFor(message, registration)).toBeUndefined();
		expect(await collapseIdFor({ class: "high", encrypted }, registration)).toBeUndefined();
		expect(await collapseIdFor({ class: "low", encrypted }, registration)).toBeUndefined();
	});

	test("the request says so", () => {
		expect(requestFor(message, tigase).init.headers).not.toHaveProperty("apns-collapse-id");
	});

	test("a push that says nothing of its own does", async () => {
		expect(await collapseIdFor({ class: "high", count: 2 }, tigase)).toBeString();
		expect(await collapseIdFor({ class: "high", count: 2 }, {})).toBeString();
		expect(await collapseIdFor({ class: "high", body: "New Message!" }, {})).toBeString();
		expect(await collapseIdFor({ class: "high", body: "New message" }, {})).toBeString();
	});
});

test.each<[string, boolean, Partial<Registration>, App["payload"]]>([
	["made in Tigase's dialect", true, tigase, undefined],
	["made in Tigase's dialect, of an app that leaves it open", true, tigase, "auto"],
	["made in Tigase's dialect, of an app with our form", false, tigase, "reveille"],
	["made in p2's dialect, which has no form for APNs", false, { dialect: "p2" }, "auto"],
	["of an app with this form", true, {}, "siskin"],
	["of nobody known, of an app with this form", false, { ...tigase, owner: "" }, "siskin"],
])("Siskin's form is for a registration %s: %p", (_, isTheirs, registration, payload) => {
	const json = payloadFor(message, registration, payload);
	expect("account" in json).toBe(isTheirs);
	expect("node" in json).toBe(!isTheirs);
});

test("whatever was published, Apple takes it", () => {
	const text = fc.oneof(
		fc.string({ unit: "grapheme", maxLength: 6000 }),
		fc.string({ unit: "binary", maxLength: 3000 }),
	);
	const notification = fc.record(
		{
			class: fc.constantFrom<PushClass>("voip", "event", "high", "low"),
			count: fc.nat(),
			sender: text,
			body: text,
			nickname: text,
			encrypted: fc.record({ data: text, iv: fc.base64String() }),
		},
		{ requiredKeys: ["class"] },
	);
	fc.assert(
		fc.property(notification, (published) => {
			const { url, init } = requestFor(published, tigase);
			const request = { method: "POST", path: new URL(url).pathname, headers: init.headers, body: init.body };
			expect(refusal({ ...request, credentials: undefined, topics: [TOPIC], now: NOW })).toBeUndefined();
			expect(payloadFor(published, tigase).account).toBe(ACCOUNT);
		}),
		{ numRuns: 300 },
	);
});
