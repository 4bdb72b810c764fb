/**
 * FCM: the message, byte for byte, without a socket; and what it never exceeds.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { buildRequest } from "../../src/services/fcm.ts";
import { bodyOf, fcmMessage, minimalMessage } from "../../src/services/fcm-message.ts";
import type { Notification, PushClass } from "../../src/types.ts";
import { messageFault } from "../peers/fcm-server-rules.ts";
import { pushTo } from "./webpush-push.ts";

const TOKEN = "c1:APA91b";
const NODE = "k1-node-that-nobody-may-learn";
const messageOf = (notification: Notification, ttlSeconds = 3600) =>
	fcmMessage(pushTo(TOKEN, notification, ttlSeconds));

describe("the request", () => {
	test("is a POST of the message to the project", () => {
		const message = messageOf({ class: "high", count: 3, body: "“Hi”" });
		expect(buildRequest({ url: "https://fcm.example", projectId: "p-1" }, message, "secret")).toEqual({
			url: "https://fcm.example/v1/projects/p-1/messages:send",
			init: {
				method: "POST",
				headers: { Authorization: "Bearer secret", "Content-Type": "application/json" },
				body:
					`{"message":{"token":"${TOKEN}",` +
					`"data":{"node":"${NODE}","class":"high","count":"3","body":"“Hi”"},` +
					`"android":{"priority":"HIGH","ttl":"3600s","collapse_key":"high"}}}`,
			},
		});
	});

	test.each<[PushClass, "HIGH" | "NORMAL", string | undefined]>([
		["voip", "HIGH", undefined],
		["event", "HIGH", undefined],
		["high", "HIGH", "high"],
		["low", "NORMAL", "low"],
	])("of class %s has priority %s and the collapse key %s", (pushClass, priority, key) => {
		const { android } = messageOf({ class: pushClass });
		expect(android).toEqual({ priority, ttl: "3600s", ...(key !== undefined && { collapse_key: key }) });
		expect(minimalMessage(pushTo(TOKEN, { class: pushClass })).android).toEqual({ priority });
	});

	test.each([
		[0, "0s"],
		[-5, "0s"],
		[59.9, "59s"],
		[1e9, "2419200s"],
	])("with a TTL of %d seconds says %s", (ttlSeconds, said) => {
		expect(messageOf({ class: "low" }, ttlSeconds).android.ttl).toBe(said);
	});

	test("is only what was published", () => {
		expect(messageOf({ class: "low" }).data).toEqual({ node: NODE, class: "low" });
	});

	test("passes on what only the device can read, as JSON", () => {
		const encrypted = { data: "A".repeat(3000), iv: "AAAA", type: "chat" };
		expect(JSON.parse(messageOf({ class: "high", encrypted }).data.encrypted ?? "")).toEqual(encrypted);
	});
});

test("whatever was published, the message is one that FCM takes", () => {
	const text = fc.oneof(fc.string({ unit: "binary", maxLength: 6000 }), fc.string({ unit: "grapheme" }));
	const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
	const published = fc.record({
		class: fc.constantFrom<PushClass>("voip", "event", "high", "low"),
		count: optional(fc.nat()),
		pending: optional(fc.nat()),
		sender: optional(text),
		body: optional(text),
		nickname: optional(text),
		event: optional(text),
		encrypted: optional(fc.record({ data: text, iv: text })),
	});
	fc.assert(
		fc.property(published, fc.double({ noNaN: true }), fc.nat(1000), (notification, ttl, more) => {
			const token = TOKEN + "x".repeat(more);
			const body = bodyOf(fcmMessage(pushTo(token, notification as Notification, ttl)));
			expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(4096);
			expect(messageFault(body)).toBeUndefined();
		}),
		{ numRuns: 300 },
	);
});

test("a long body is cut as little as possible", () => {
	const message = messageOf({ class: "high", body: "a".repeat(9000) });
	expect(new TextEncoder().encode(bodyOf(message)).length).toBe(4096);
	expect(message.data.body).toMatch(/^a{3500,}…$/);
});
