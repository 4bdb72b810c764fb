/**
 * APNs: the request of each class, byte for byte, and the payload, without a socket.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ApnsApp, buildRequest, collapseIdOf } from "../../../src/services/apns/apns.ts";
import type { Notification, Push, PushClass } from "../../../src/types.ts";
import { refusal } from "../../peers/apns-rules.ts";
import { pushTo, TOKEN, VOIP_TOKEN } from "./pushes.ts";

const NOW = Date.UTC(2026, 0, 1, 0, 0, 0, 900);
const NODE = "k1-node-that-nobody-may-learn";
const app: ApnsApp = {
	topic: "net.example.app",
	alert: { text: "New message" },
	url: "https://apns.example",
};
const parts = {
	authorization: "bearer a.b.c",
	collapseId: "collapse",
	id: "123e4567-e89b-12d3-a456-4266554400a0",
	now: NOW,
};
const message: Notification = {
	class: "high",
	count: 3,
	pending: 1,
	sender: "romeo@example.net",
	body: "What light…",
};
const both = { token: TOKEN, voipToken: VOIP_TOKEN };
const build = (push: Push, of = app) => buildRequest(of, push, parts);
const json = (push: Push, of = app) => JSON.parse(new TextDecoder().decode(build(push, of).init.body));

/** What a double with Apple's rules says of it. */
function refusedAs(push: Push, of = app) {
	const { url, init } = build(push, of);
	const path = new URL(url).pathname;
	const rest = { credentials: undefined, topics: [app.topic], now: NOW };
	return refusal({ method: "POST", path, headers: init.headers, body: init.body, ...rest });
}

describe("the request of", () => {
	const common = {
		authorization: "bearer a.b.c",
		"apns-expiration": String(Math.floor(NOW / 1000) + 3600),
		"apns-collapse-id": "collapse",
		"apns-id": parts.id,
		"content-type": "application/json",
	};
	const shown = { alert: { body: "New message" }, sound: "default", "mutable-content": 1 };
	const alert = {
		...common,
		"apns-topic": "net.example.app",
		"apns-push-type": "alert",
		"apns-priority": "10",
	};
	const background = { ...alert, "apns-push-type": "background", "apns-priority": "5" };
	const voip = { ...alert, "apns-topic": "net.example.app.voip", "apns-push-type": "voip" };

	test.each<[string, PushClass, { token: string; voipToken?: string }, string, object, object]>([
		["a message is shown at once", "high", both, TOKEN, alert, shown],
		[
			"what is not worth a sign wakes when the phone likes",
			"low",
			both,
			TOKEN,
			background,
			{ "content-available": 1 },
		],
		[
			"an event of the account reaches the app without a sign",
			"event",
			both,
			TOKEN,
			background,
			{ "content-available": 1 },
		],
		["a call goes to the PushKit token", "voip", both, VOIP_TOKEN, voip, {}],
		["a call is shown by a device without PushKit", "voip", { token: TOKEN }, TOKEN, alert, shown],
	])("%s", (_, pushClass, device, token, headers, aps) => {
		const push = pushTo(device, { ...message, class: pushClass });
		expect(build(push)).toEqual({
			url: `https://apns.example/3/device/${token}`,
			init: { method: "POST", headers: headers as Record<string, string>, body: expect.any(Uint8Array) },
		});
		expect(json(push)).toEqual({ aps, node: NODE, ...message, class: pushClass });
		expect(refusedAs(push)).toBeUndefined();
	});

	test("an app with a certificate has no authorization", () => {
		const { init } = buildRequest(app, pushTo(TOKEN, message), { ...parts, authorization: undefined });
		expect(init.headers).not.toHaveProperty("authorization");
	});
});

test.each([
	[0, "0"],
	[-5, "0"],
	[0.9, "0"],
	[59.9, String(Math.floor(NOW / 1000) + 59)],
	[1e9, String(Math.floor(NOW / 1000) + 30 * 24 * 3600)],
])("a TTL of %d s expires at %s", (ttlSeconds, expiration) => {
	expect(build(pushTo(TOKEN, message, ttlSeconds)).init.headers["apns-expiration"]).toBe(expiration);
});

test("the alert may be a key of the app's own texts", () => {
	const localised = { ...app, alert: { locKey: "NEW_MESSAGE" } };
	expect(json(pushTo(TOKEN, message), localised).aps.alert).toEqual({ "loc-key": "NEW_MESSAGE" });
});

test("an app without an extension may have no mutable content: not even beside what is encrypted", () => {
	const encrypted = { data: "c2VjcmV0", iv: "aXY" };
	for (const notification of [message, { ...message, encrypted }]) {
		const { aps } = json(pushTo(TOKEN, notification), { ...app, mutableContent: false });
		expect(aps).toEqual({ alert: { body: "New message" }, sound: "default" });
		expect(json(pushTo(TOKEN, notification), { ...app, mutableContent: true }).aps["mutable-content"]).toBe(
			1,
		);
	}
});

test("the payload has what was published, and nothing else", () => {
	const encrypted = { data: "c2VjcmV0", iv: "aXY", type: "aes" };
	const whole = { class: "high", count: 2, nickname: "witch", event: "x", encrypted } as const;
	const { aps, ...content } = json(pushTo(both, whole));
	expect(aps["mutable-content"]).toBe(1);
	expect(content).toEqual({ node: NODE, ...whole });
	expect(Object.keys(json(pushTo(both, { class: "low" })))).toEqual(["aps", "node", "class"]);
});

test("there is one collapse id per registration and class, which tells nothing of the node", async () => {
	const of = (pushClass: PushClass, node = NODE) => {
		const push = pushTo(TOKEN, { class: pushClass });
		return collapseIdOf({ ...push, registration: { ...push.registration, node } });
	};
	const ids = await Promise.all([of("high"), of("low"), of("voip"), of("event"), of("high", "node-2")]);
	expect(new Set(ids).size).toBe(5);
	for (const id of ids) expect(id).toMatch(/^[\w-]{1,64}$/);
	expect(await of("high")).toBe(ids[0] ?? "");
});

describe("the payload fits", () => {
	const text = fc.oneof(
		fc.string({ unit: "grapheme", maxLength: 6000 }),
		fc.string({ unit: "binary", maxLength: 3000 }),
		fc.nat(8000).map((length) => "👩‍👩‍👧‍👦".repeat(length / 8)),
	);
	const notification = fc.record(
		{
			class: fc.constantFrom<PushClass>("voip", "event", "high", "low"),
			count: fc.nat(),
			pending: fc.nat(),
			sender: text,
			body: text,
			nickname: text,
			event: text,
			encrypted: fc.record({ data: text, iv: fc.base64String() }),
		},
		{ requiredKeys: ["class"] },
	);

	test("whatever was published, with as much of it as possible", () => {
		fc.assert(
			fc.property(notification, fc.boolean(), (published, pushKit) => {
				const push = pushTo(pushKit ? both : TOKEN, published);
				expect(refusedAs(push)).toBeUndefined();
				expect(json(push)).toMatchObject({ node: NODE, class: published.class });
			}),
			{ numRuns: 300 },
		);
	});

	test("to the byte: a call has 5120, everything else 4096", () => {
		for (const [pushClass, limit] of [
			["voip", 5120],
			["high", 4096],
			["low", 4096],
		] as const) {
			const size = (body: string) => build(pushTo(both, { class: pushClass, body })).init.body.length;
			const room = limit - size("");
			expect(json(pushTo(both, { class: pushClass, body: "x".repeat(room) })).body).toBe("x".repeat(room));
			expect(size("x".repeat(room))).toBe(limit);
			const cut = json(pushTo(both, { class: pushClass, body: "x".repeat(room + 1) })).body;
			expect(cut).toBe(`${"x".repeat(room - 3)}…`);
		}
	});
});
