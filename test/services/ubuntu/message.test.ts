/**
 * Ubuntu Push: the body, byte for byte, without a socket; and what it never exceeds.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { replaceTagOf, type UbuntuCard, ubuntuMessage } from "../../../src/services/ubuntu/message.ts";
import { buildRequest } from "../../../src/services/ubuntu/ubuntu.ts";
import type { Notification, PushClass } from "../../../src/types.ts";
import { bodyFault } from "../../peers/ubuntu-push-server.ts";
import { pushTo } from "../webpush/pushes.ts";

const NOW = Date.UTC(2026, 0, 1);
const NODE = "k1-node-that-nobody-may-learn";
const APP = "com.example.chat_chat";
const bodyFor = (notification: Notification, card: Partial<UbuntuCard> = {}, ttlSeconds = 3600) =>
	ubuntuMessage(
		pushTo("dG9rZW4=", notification, ttlSeconds),
		{ appId: APP, alert: { text: "New message" }, ...card },
		{ replaceTag: "tag", now: NOW },
	);

describe("the request", () => {
	test("is a POST of the body to the server", () => {
		const notification: Notification = { class: "high", count: 3, sender: "romeo@example.net", body: "“Hi”" };
		const body = bodyFor(notification, { icon: "message" });
		expect(buildRequest("https://push.example", body)).toEqual({
			url: "https://push.example/notify",
			init: { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
		});
		expect(body).toEqual({
			appid: APP,
			expire_on: "2026-01-01T01:00:00.000Z",
			token: "dG9rZW4=",
			replace_tag: "tag",
			data: {
				message: { node: NODE, ...notification },
				notification: {
					tag: NODE,
					card: {
						summary: "romeo@example.net",
						body: "“Hi”",
						icon: "message",
						actions: ["appid://com.example.chat/chat/current-user-version"],
						popup: true,
						persist: true,
					},
					sound: true,
					vibrate: true,
					"emblem-counter": { count: 3, visible: true },
				},
			},
		});
	});

	test.each<[Omit<Notification, "class">, string, string | undefined]>([
		[{}, "New message", undefined],
		[{ body: "Hi" }, "New message", "Hi"],
		[{ sender: "romeo@example.net" }, "romeo@example.net", "New message"],
		[{ sender: "romeo@example.net", body: "Hi" }, "romeo@example.net", "Hi"],
	])("of %j has a card that says %s, %s", (published, summary, body) => {
		const { card } = bodyFor({ class: "high", ...published }).data.notification ?? {};
		expect([card?.summary, card?.body]).toEqual([summary, body]);
	});

	test("may have a key as its card's text, for the app's helper to translate", () => {
		const { notification } = bodyFor({ class: "high" }, { alert: { locKey: "NEW_MESSAGE" } }).data;
		expect(notification?.card.summary).toBe("NEW_MESSAGE");
	});

	test("counts on the app's icon only what was published, and hides a zero", () => {
		expect(bodyFor({ class: "high" }).data.notification).not.toHaveProperty("emblem-counter");
		expect(bodyFor({ class: "high", count: 0 }).data.notification).toMatchObject({
			"emblem-counter": { count: 0, visible: false },
		});
	});

	test.each<[PushClass, boolean]>([
		["voip", true],
		["high", true],
		["event", false],
		["low", false],
	])("of class %s shows a card: %p", (pushClass, shown) => {
		const { data } = bodyFor({ class: pushClass, count: 1 });
		expect("notification" in data).toBe(shown);
		expect(data.message).toEqual({ node: NODE, class: pushClass, count: 1 });
	});

	test.each([
		[0, "2026-01-01T00:01:00.000Z"],
		[-5, "2026-01-01T00:01:00.000Z"],
		[Number.NaN, "2026-01-01T00:01:00.000Z"],
		[90.5, "2026-01-01T00:01:30.000Z"],
		[Number.POSITIVE_INFINITY, "2026-01-29T00:00:00.000Z"],
	])("with a TTL of %d seconds runs out at %s", (ttlSeconds, said) => {
		expect(bodyFor({ class: "low" }, {}, ttlSeconds).expire_on).toBe(said);
	});

	test("has one tag per registration and class, which tells nothing of the node", async () => {
		const of = (pushClass: PushClass, node = "node-1") => {
			const push = pushTo("dG9rZW4=", { class: pushClass });
			return replaceTagOf({ ...push, registration: { ...push.registration, node } });
		};
		const tags = await Promise.all([of("high"), of("low"), of("voip"), of("event"), of("high", "node-2")]);
		expect(new Set(tags).size).toBe(5);
		for (const tag of tags) expect(tag).toMatch(/^[\w-]{16}$/);
		expect(await of("high")).toBe(tags[0] ?? "");
	});

	test("has no tag where it says something of its own, which no other one says", async () => {
		expect(await replaceTagOf(pushTo("dG9rZW4=", { class: "high", body: "Hi" }))).toBeUndefined();
		expect(await replaceTagOf(pushTo("dG9rZW4=", { class: "high", body: "New Message!" }))).toBeString();
		const push = pushTo("dG9rZW4=", { class: "high", body: "Hi" });
		expect(ubuntuMessage(push, { appId: APP, alert: { text: "x" } }, { now: NOW })).not.toHaveProperty(
			"replace_tag",
		);
	});
});

test("whatever was published, the body is one that the server takes", () => {
	const text = fc.oneof(fc.string({ unit: "binary", maxLength: 3000 }), fc.string({ unit: "grapheme" }));
	const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
	const published = fc.record({
		class: fc.constantFrom<PushClass>("voip", "event", "high", "low"),
		count: optional(fc.nat()),
		sender: optional(text),
		body: optional(text),
		nickname: optional(text),
		event: optional(text),
		encrypted: optional(fc.record({ data: text, iv: text })),
	});
	const words = fc.string({ unit: "grapheme", maxLength: 20 });
	fc.assert(
		fc.property(published, fc.double(), words, (notification, ttl, alert) => {
			const to = pushTo("x".repeat(1024), notification as Notification, ttl);
			const app = { appId: `a_${"b".repeat(253)}`, alert: { text: alert }, icon: "i".repeat(150) };
			const body = ubuntuMessage(to, app, { replaceTag: "tag", now: Date.now() });
			expect(bodyFault(body)).toBeUndefined();
			expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(4096);
		}),
		{ numRuns: 300 },
	);
});

test("a long body is cut as little as possible, on the card as in the data", () => {
	const { data } = bodyFor({ class: "high", body: "a".repeat(9000) });
	expect(Buffer.byteLength(JSON.stringify(data))).toBeWithin(2047, 2049);
	expect(data.notification?.card.body).toBe(data.message.body ?? "");
});
