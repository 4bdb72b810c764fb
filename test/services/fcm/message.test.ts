/**
 * FCM: the message, byte for byte, without a socket; and what it never exceeds.
 */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { buildRequest } from "../../../src/services/fcm/fcm.ts";
import { bodyOf, fcmMessage, minimalMessage } from "../../../src/services/fcm/message.ts";
import { p2Device } from "../../../src/syntax/p2-device.ts";
import type { App, Notification, Push, PushClass, Registration } from "../../../src/types.ts";
import { messageFault } from "../../peers/fcm-server-rules.ts";
import { pushTo } from "../webpush/pushes.ts";

const TOKEN = "c1:APA91b";
const NODE = "k1-node-that-nobody-may-learn";
const messageOf = (notification: Notification, ttlSeconds = 3600) =>
	fcmMessage(pushTo(TOKEN, notification, ttlSeconds));

/** The key of this node's urgent messages: twelve hexadecimal digits of its SHA-256, in base64url. */
const keyOf = (node: string) =>
	`high-${createHash("sha256").update(node).digest().subarray(0, 6).toString("base64url")}`;

describe("the request", () => {
	test("is a POST of the message to the project", async () => {
		const message = await messageOf({ class: "high", count: 3, sender: "“Hi”" });
		expect(buildRequest({ url: "https://fcm.example", projectId: "p-1" }, message, "secret")).toEqual({
			url: "https://fcm.example/v1/projects/p-1/messages:send",
			init: {
				method: "POST",
				headers: { Authorization: "Bearer secret", "Content-Type": "application/json" },
				body:
					`{"message":{"token":"${TOKEN}",` +
					`"data":{"node":"${NODE}","class":"high","count":"3","sender":"“Hi”"},` +
					`"android":{"priority":"HIGH","ttl":"3600s","collapse_key":"${keyOf(NODE)}"}}}`,
			},
		});
	});

	test.each<[PushClass, "HIGH" | "NORMAL", string | undefined]>([
		["voip", "HIGH", undefined],
		["event", "HIGH", undefined],
		["high", "HIGH", keyOf(NODE)],
		["low", "NORMAL", "low"],
	])("of class %s has priority %s and the collapse key %s", async (pushClass, priority, key) => {
		const message = await messageOf({ class: pushClass });
		expect(message.android).toEqual({
			priority,
			ttl: "3600s",
			...(key !== undefined && { collapse_key: key }),
		});
		expect(minimalMessage(message)).toEqual({
			token: TOKEN,
			data: { node: NODE, class: pushClass },
			android: { priority },
		});
	});

	test.each([
		[0, "0s"],
		[-5, "0s"],
		[59.9, "59s"],
		[1e9, "2419200s"],
	])("with a TTL of %d seconds says %s", async (ttlSeconds, said) => {
		expect((await messageOf({ class: "low" }, ttlSeconds)).android.ttl).toBe(said);
	});

	test("is only what was published", async () => {
		expect((await messageOf({ class: "low" })).data).toEqual({ node: NODE, class: "low" });
	});

	test("passes on what only the device can read, as JSON", async () => {
		const encrypted = { data: "A".repeat(3000), iv: "AAAA", type: "chat" };
		const { data } = await messageOf({ class: "high", encrypted });
		expect(JSON.parse(data.encrypted ?? "")).toEqual(encrypted);
	});
});

test("whatever was published, the message is one that FCM takes", async () => {
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
	await fc.assert(
		fc.asyncProperty(published, fc.double({ noNaN: true }), fc.nat(1000), async (notification, ttl, more) => {
			const token = TOKEN + "x".repeat(more);
			const body = bodyOf(await fcmMessage(pushTo(token, notification as Notification, ttl)));
			expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(4096);
			expect(messageFault(body)).toBeUndefined();
		}),
		{ numRuns: 300 },
	);
});

test.each([300, 500, 620, 630, 640, 700])(
	"%d characters that JSON writes in six bytes each still fit",
	async (length) => {
		const message = await messageOf({ class: "high", body: "\u0001".repeat(length) });
		expect(new TextEncoder().encode(bodyOf(message)).length).toBeLessThanOrEqual(4096);
	},
);

test("a long body is cut as little as possible", async () => {
	const message = await messageOf({ class: "high", body: "a".repeat(9000) });
	expect(new TextEncoder().encode(bodyOf(message)).length).toBe(4096);
	expect(message.data.body).toMatch(/^a{3500,}…$/);
});

/** A push of this class to a registration that differs so from a usual one. */
function pushFor(registration: Partial<Registration>, pushClass: PushClass = "high"): Push {
	const push = pushTo(TOKEN, { class: pushClass, count: 2, sender: "romeo@example.net" });
	return { ...push, registration: { ...push.registration, ...registration } };
}

describe("while a phone is away, FCM", () => {
	/** What it keeps: the newest of each key, and everything that has none. */
	async function kept(pushes: readonly Push[]): Promise<{ node?: string; class?: string }[]> {
		const waiting = new Map<unknown, { node?: string; class?: string }>();
		for (const push of pushes) {
			const { android, data } = await fcmMessage(push);
			waiting.set(android.collapse_key ?? Symbol("none"), data);
		}
		return [...waiting.values()];
	}
	const classes: PushClass[] = ["high", "low", "voip", "event"];
	const accounts = (count: number) => Array.from({ length: count }, (_, index) => `k1-node-${index}`);

	test("keeps a message for each of three accounts, within its four keys", async () => {
		const pushes = accounts(3).flatMap((node) => classes.map((pushClass) => pushFor({ node }, pushClass)));
		const high = (await kept(pushes)).filter((data) => data.class === "high");
		expect(high.map(({ node }) => node)).toEqual(accounts(3));
		const keys = await Promise.all(pushes.map(async (push) => (await fcmMessage(push)).android.collapse_key));
		expect(new Set(keys.filter((key) => key !== undefined)).size).toBe(4);
	});

	test("keeps the newest of an account's messages, and every call and event", async () => {
		const pushes = classes.flatMap((pushClass) => [pushFor({}, pushClass), pushFor({}, pushClass)]);
		expect((await kept(pushes)).map((data) => data.class).sort()).toEqual([
			...["event", "event"],
			"high",
			"low",
			...["voip", "voip"],
		]);
	});

	test("keeps every message that says something of its own", async () => {
		const saying = (notification: Partial<Notification>): Push => {
			const push = pushFor({});
			return { ...push, notification: { ...push.notification, ...notification } };
		};
		const encrypted = { data: "x", iv: "y" };
		const pushes = [saying({ body: "Hi" }), saying({ body: "Ho" }), saying({ encrypted })];
		expect(await kept([...pushes, ...pushes])).toHaveLength(6);
		expect(await kept([saying({ body: "New Message!" }), saying({ body: "New Message!" })])).toHaveLength(1);
		// Conversations' form carries no text.
		const wakeUps = pushes.map((push) => ({
			...push,
			registration: { ...push.registration, owner: "juliet@example.net", dialect: "p2" as const },
		}));
		expect(await kept(wakeUps)).toHaveLength(1);
	});

	test("is told nothing of the node by a key", async () => {
		const { android } = await fcmMessage(pushFor({}));
		expect(android.collapse_key).toMatch(/^high-[\w-]{8}$/);
		expect(NODE).not.toContain(android.collapse_key?.slice(5) ?? NODE);
	});
});

describe("for Conversations", () => {
	const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");
	const account = sha1("juliet@example.net\u00009774d56d682e549c");
	const p2: Partial<Registration> = { dialect: "p2", device: p2Device("9774d56d682e549c") };
	const room: Partial<Registration> = {
		dialect: "p2",
		device: p2Device("9774d56d682e549c", "coven@chat.example.net"),
		muc: "coven@chat.example.net",
	};

	test("the account's hash is the one that the app computes", () => {
		// echo -n of JID, NUL and device id, through sha1sum.
		expect(account).toBe("9a7b42673ec5b2fb0809125a45e2a24e59a21130");
	});

	test.each<PushClass>(["high", "low", "voip", "event"])(
		"a push of class %s names the account, and says nothing else",
		async (pushClass) => {
			const push = pushFor(p2, pushClass);
			const message = await fcmMessage(push);
			const ours = await fcmMessage(push, "reveille");
			expect(message).toEqual({ ...ours, data: { account } });
			expect(messageFault(bodyOf(message))).toBeUndefined();
			expect(minimalMessage(message).data).toEqual({ account });
		},
	);

	test("a push for a room names it too", async () => {
		const channel = sha1("coven@chat.example.net\u00009774d56d682e549c");
		expect((await fcmMessage(pushFor(room))).data).toEqual({ account, channel });
		expect(minimalMessage(await fcmMessage(pushFor(room))).data).toEqual({ account, channel });
	});

	test.each<[string, boolean, Partial<Registration>, App["payload"]]>([
		["made in p2's dialect", true, p2, undefined],
		["made in p2's dialect, of an app that leaves it open", true, p2, "auto"],
		["made in p2's dialect, of an app with our form", false, p2, "reveille"],
		["made in another dialect", false, { dialect: "mod_push" }, "auto"],
		["made in Tigase's dialect, which has no form for FCM", false, { dialect: "tigase" }, "auto"],
		["of an app with this form", true, {}, "conversations"],
		["of nobody known, of an app with this form", false, { ...p2, owner: "" }, "conversations"],
	])("is a registration %s: %p", async (_, isTheirs, registration, payload) => {
		const { data } = await fcmMessage(pushFor(registration), payload);
		expect("account" in data).toBe(isTheirs);
		expect("node" in data).toBe(!isTheirs);
	});
});
