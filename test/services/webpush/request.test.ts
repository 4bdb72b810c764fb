/**
 * Web Push: the request, byte for byte, without a socket.
 */
import { describe, expect, test } from "bun:test";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { buildRequest } from "../../../src/services/webpush/push-request.ts";
import { createWebPush, topicOf } from "../../../src/services/webpush/webpush.ts";
import type { Notification, Push, PushClass } from "../../../src/types.ts";
import { pushTo } from "./pushes.ts";

describe("the request", () => {
	const parts = { authorization: "vapid t=a, k=b", topic: "topic", content: Uint8Array.of(1, 2, 3) };
	const build = (endpoint: string, push: Partial<Push> & { class?: PushClass } = {}, given = parts) => {
		const whole = pushTo(endpoint, { class: push.class ?? "high" }, push.ttlSeconds ?? 3600);
		return buildRequest(new URL(endpoint), whole, given);
	};

	test("is a POST of the message to the endpoint", () => {
		expect(build("https://push.example/e?x=1")).toEqual({
			url: "https://push.example/e?x=1",
			init: {
				method: "POST",
				headers: {
					Authorization: "vapid t=a, k=b",
					TTL: "3600",
					Urgency: "high",
					Topic: "topic",
					"Content-Encoding": "aes128gcm",
					"Content-Type": "application/octet-stream",
				},
				body: Uint8Array.of(1, 2, 3),
			},
		});
	});

	test("without content has no body and does not claim an encoding", () => {
		const { init } = build("https://push.example/e", {}, {
			authorization: "vapid t=a, k=b",
			topic: "topic",
		} as never);
		expect(Object.keys(init.headers)).toEqual(["Authorization", "TTL", "Urgency", "Topic"]);
		expect("body" in init).toBe(false);
	});

	test.each<[PushClass, string]>([
		["voip", "high"],
		["high", "high"],
		["event", "normal"],
		["low", "low"],
	])("of class %s has urgency %s", (pushClass, urgency) => {
		expect(build("https://push.example/e", { class: pushClass }).init.headers.Urgency).toBe(urgency);
	});

	test.each([
		[0, "0"],
		[-5, "0"],
		[59.9, "59"],
		[1e9, "2419200"],
	])("with a TTL of %d seconds says %s", (ttlSeconds, said) => {
		expect(build("https://push.example/e", { ttlSeconds }).init.headers.TTL).toBe(said);
	});

	test("tells Edge's service whether to keep it", () => {
		const edge = "https://wns2-par02p.notify.windows.com/w/?token=x";
		expect(build(edge).init.headers["X-WNS-Cache-Policy"]).toBe("cache");
		expect(build(edge, { ttlSeconds: 0 }).init.headers["X-WNS-Cache-Policy"]).toBe("no-cache");
		expect(build("https://push.example/e").init.headers["X-WNS-Cache-Policy"]).toBeUndefined();
	});

	test("has one topic per registration and class, which tells nothing of the node", async () => {
		const of = (pushClass: PushClass, node = "node-1") => {
			const push = pushTo("https://push.example/e", { class: pushClass });
			return topicOf({ ...push, registration: { ...push.registration, node } });
		};
		const topics = await Promise.all([of("high"), of("low"), of("voip"), of("event"), of("high", "node-2")]);
		expect(new Set(topics).size).toBe(5);
		for (const topic of topics) expect(topic).toMatch(/^[A-Za-z0-9_-]{32}$/);
		expect(await of("high")).toBe(topics[0] ?? "");
	});

	test("has no topic where it says something of its own, which no other one says", async () => {
		const keys = { p256dh: "key", auth: "secret" };
		const of = (notification: Notification, device: { p256dh?: string; auth?: string } = keys) => {
			const push = pushTo("https://push.example/e", notification);
			return topicOf({ ...push, registration: { ...push.registration, ...device } });
		};
		const encrypted = { data: "x", iv: "y" };
		expect(await of({ class: "high", body: "Hi" })).toBeUndefined();
		expect(await of({ class: "high", encrypted })).toBeUndefined();
		expect(await of({ class: "low", encrypted })).toBeUndefined();
		expect(await of({ class: "high", body: "New Message!" })).toBeString();
		expect(await of({ class: "voip", encrypted })).toBeString();
		// Without keys no text is sent.
		const wakeUp = pushTo("https://push.example/e", { class: "high", body: "Hi" });
		const { p256dh: _p256dh, auth: _auth, ...registration } = wakeUp.registration;
		expect(await topicOf({ ...wakeUp, registration })).toBeString();
		const { init } = buildRequest(new URL("https://push.example/e"), wakeUp, { authorization: "vapid" });
		expect(init.headers).not.toHaveProperty("Topic");
	});
});

test.each([
	["https://web.push.apple.com/QGuQyavXutnMH", "low", true],
	["https://web.push.apple.com/QGuQyavXutnMH", "high", false],
	["https://web.push.apple.com/QGuQyavXutnMH", "voip", false],
	["https://web.push.apple.com/QGuQyavXutnMH", "event", false],
	["https://push.apple.com.example/e", "low", false],
	["https://notpush.apple.com/e", "low", false],
	["https://updates.push.services.mozilla.com/e", "low", false],
	["no URL", "low", false],
] satisfies [string, PushClass, boolean][])(
	"what shows nothing is not for Apple's endpoints: %s, of class %s: %p",
	(token, pushClass, isSkipped) => {
		const policy = endpointPolicy({ allowHosts: [], allowPrivate: false });
		const service = createWebPush({ fetch: async () => new Response(), policy, now: Date.now });
		expect(service.skips?.({ token }, pushClass)).toBe(isSkipped);
	},
);
