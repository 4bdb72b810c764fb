/** Push 2.0: what a user's server encrypted for the device reaches it byte for byte, at each push service that carries it. */
import { describe, expect, test } from "bun:test";
import { buildRequest, collapseIdOf } from "../../src/services/apns/apns.ts";
import { bodyOf, fcmMessage, minimalMessage } from "../../src/services/fcm/message.ts";
import { createVapid, generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { createWebPush, topicOf } from "../../src/services/webpush/webpush.ts";
import type { Notification, PushClass, Registration } from "../../src/types.ts";
import { refusal } from "../peers/apns-rules.ts";
import { messageFault } from "../peers/fcm-server-rules.ts";
import { createDevice } from "../peers/web-push-device.ts";
import { pushTo as pushToPhone, TOKEN, VOIP_TOKEN } from "./apns/pushes.ts";
import { pushTo } from "./webpush/pushes.ts";
import { sealedFor } from "./webpush/relayed.ts";

const bytes = (count: number) => new Uint8Array(count).fill(7).toBase64();
const sealed = (rfc8291: string, pushClass: PushClass = "high"): Notification => ({
	class: pushClass,
	rfc8291,
});

describe("Web Push", () => {
	const device = createDevice("https://push.example/wpush/v2/x");

	async function sent(notification: Notification, answers: number[] = []) {
		const requests: RequestInit[] = [];
		const key = await importVapidKey(await generateVapidKey());
		const service = createWebPush({
			async fetch(_url, init) {
				requests.push(init);
				return new Response(null, { status: answers.shift() ?? 201 });
			},
			vapid: createVapid({ key, now: Date.now }),
			policy: { rules: [{ host: "push.example", port: "" }], allowPrivate: false },
			now: Date.now,
		});
		const outcome = await service.send(pushTo(device, notification), AbortSignal.timeout(1000));
		return { outcome, requests };
	}

	test("carries it as its body, which the device opens with its own key; our VAPID key signs", async () => {
		const { keys } = device.subscription;
		const envelope = "<envelope xmlns='urn:xmpp:sce:1'>Wherefore art thou?</envelope>";
		const { outcome, requests } = await sent(sealed(await sealedFor(keys, envelope)));
		expect(outcome).toEqual({ kind: "delivered" });
		const [{ headers, body } = {}] = requests;
		expect(headers).toMatchObject({ "Content-Encoding": "aes128gcm", Urgency: "high" });
		expect((headers as Record<string, string>).Authorization).toStartWith("vapid t=");
		expect(headers).not.toHaveProperty("Topic");
		expect(device.decryptText(body as Uint8Array)).toBe(envelope);
	});

	test("is sent once more without it where that is too large", async () => {
		const largest = await sealedFor(device.subscription.keys, "x".repeat(3993));
		const { outcome, requests } = await sent(sealed(largest), [413, 201]);
		expect(outcome).toEqual({ kind: "delivered" });
		expect(requests.map(({ body }) => (body as Uint8Array | undefined)?.length)).toEqual([4096, undefined]);
	});

	test("is sent without what is no message of RFC 8291: a push service may refuse that, as if it knew no better of us", async () => {
		const whole = Uint8Array.fromBase64(await sealedFor(device.subscription.keys, "x"));
		for (const content of [bytes(200), whole.subarray(0, 102).toBase64(), "AAAA"]) {
			const { outcome, requests } = await sent(sealed(content));
			expect(outcome).toEqual({ kind: "delivered" });
			expect(requests.map(({ body }) => body)).toEqual([undefined]);
		}
	});

	test("does not take one for another, with the device's keys or without; calls replace each other", async () => {
		expect(await topicOf(pushTo(device, sealed("AAAA")))).toBeUndefined();
		expect(await topicOf(pushTo("https://push.example/x", sealed("AAAA", "low")))).toBeUndefined();
		expect(await topicOf(pushTo(device, sealed("AAAA", "voip")))).toHaveLength(32);
	});
});

describe("APNs", () => {
	const app = { topic: "org.example.chat", alert: { text: "New message" }, url: "https://apns.example" };
	const parts = { id: "123e4567-e89b-12d3-a456-4266554400a0", now: 0, authorization: "bearer a.b.c" };
	function requestFor(notification: Notification, registration: Partial<Registration> = {}) {
		const push = pushToPhone({ token: TOKEN, voipToken: VOIP_TOKEN }, notification);
		const request = buildRequest(
			app,
			{ ...push, registration: { ...push.registration, ...registration } },
			parts,
		);
		const { headers, body } = request.init;
		expect(
			refusal({
				method: "POST",
				path: new URL(request.url).pathname,
				headers,
				body: Buffer.from(body),
				topics: [app.topic],
			} as never),
		).toBeUndefined();
		return { ...request, headers, json: JSON.parse(new TextDecoder().decode(body)) };
	}

	test.each([
		["high", "alert", TOKEN, { alert: { body: "New message" }, sound: "default", "mutable-content": 1 }],
		["low", "background", TOKEN, { "content-available": 1 }],
		["voip", "voip", VOIP_TOKEN, {}],
	] as const)("of class %s carries it beside aps (%s)", (pushClass, type, token, aps) => {
		const { url, headers, json } = requestFor(sealed(bytes(300), pushClass));
		expect(url).toEndWith(token);
		expect(headers["apns-push-type"]).toBe(type);
		expect(json).toMatchObject({ aps, rfc8291: bytes(300), class: pushClass });
	});

	test("has no collapse id", () => {
		expect(collapseIdOf(pushToPhone(TOKEN, sealed("AAAA")))).toBeUndefined();
	});

	test("has room for the largest that mod_push2 makes, and wakes without what is larger", () => {
		expect(requestFor(sealed(bytes(2950))).json.rfc8291).toBe(bytes(2950));
		expect(requestFor(sealed(bytes(4096))).json).toEqual({
			aps: { alert: { body: "New message" }, sound: "default", "mutable-content": 1 },
			node: "k1-node-that-nobody-may-learn",
			class: "high",
		});
	});

	test("in Siskin's form has it beside the account", () => {
		const { json } = requestFor(sealed("AAAA"), { dialect: "tigase" });
		expect(json).toMatchObject({ account: "juliet@example.net", rfc8291: "AAAA" });
		expect(json).not.toHaveProperty("node");
	});
});

describe("FCM", () => {
	const messageOf = async (notification: Notification, registration: Partial<Registration> = {}) => {
		const push = pushTo("c1:APA91b", notification);
		const message = await fcmMessage({ ...push, registration: { ...push.registration, ...registration } });
		expect(messageFault(bodyOf(message))).toBeUndefined();
		return message;
	};

	test("carries it among its data, without a collapse key", async () => {
		const { data, android } = await messageOf(sealed(bytes(300)));
		expect(data).toMatchObject({ class: "high", rfc8291: bytes(300) });
		expect(android).toEqual({ priority: "HIGH", ttl: "3600s" });
	});

	test("wakes without what is too large, and without it where something is refused", async () => {
		expect((await messageOf(sealed(bytes(4096)))).data).not.toHaveProperty("rfc8291");
		expect(minimalMessage(await messageOf(sealed("AAAA"))).data).not.toHaveProperty("rfc8291");
	});

	test("carries it in Conversations' form too", async () => {
		const p2 = { dialect: "p2", device: "phone" } as const;
		const { data, android } = await messageOf(sealed(bytes(300)), p2);
		expect(Object.keys(data).toSorted()).toEqual(["account", "rfc8291"]);
		expect(android).not.toHaveProperty("collapse_key");
		expect(Object.keys((await messageOf(sealed(bytes(4096)), p2)).data)).toEqual(["account"]);
	});
});
