/**
 * Ubuntu Push: the table of answers row by row over a real socket, and the whole way against a double with the
 * server's own rules.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createUbuntu } from "../../../src/services/ubuntu/ubuntu.ts";
import type { Notification, Push, PushClass } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { startUbuntuPushServer } from "../../peers/ubuntu-push-server.ts";
import { describeAnswers } from "../answers-contract.ts";
import { type HttpAnswer, type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";
import { error, FULL, ROWS, TOKEN, WELL } from "./answer-rows.ts";

const NOW = Date.UTC(2026, 0, 1);
const APP = "com.example.chat_chat";
const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };
const serviceAt = (url: string, now = () => NOW) =>
	createUbuntu({ appId: APP, url, alert: { text: "New message" }, fetch, now });
const send = (service: ReturnType<typeof createUbuntu>, push: Push) =>
	service.send(push, AbortSignal.timeout(5000));

describeService("Ubuntu Push", {
	async create(origin, now) {
		return { service: serviceAt(origin, now), push: pushTo(TOKEN, message) };
	},
	answers: {
		delivered: WELL,
		deadToken: error(400, "unknown-token"),
		tooMany: (retryAfter) => ({ status: 429, headers: { "retry-after": retryAfter } }),
		unwell: error(503, "unavailable"),
		// It has no credentials; the nearest is a wrong application id, which delivery tells from a dead token.
		wrongCredentials: { status: 403 },
	},
	wrongCredentials: "retry",
	nonsenseToken: "rejected",
});

describeAnswers(ROWS, NOW, (origin) => send(serviceAt(origin), pushTo(TOKEN, message)));

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	/** Sends, and gives what the server received meanwhile. */
	async function sent(...answers: [HttpAnswer, ...HttpAnswer[]]) {
		double.answer(...answers);
		const before = double.received.length;
		const outcome = await send(serviceAt(double.origin), pushTo(TOKEN, message));
		const received = double.received.slice(before);
		return { outcome, received, bodies: received.map(({ body }) => JSON.parse(body.toString())) };
	}

	test("comes to a POST that says its length and nothing but JSON", async () => {
		const { received } = await sent(WELL);
		expect(received[0]).toMatchObject({ method: "POST", path: "/notify" });
		expect(received[0]?.headers["content-type"]).toBe("application/json");
		expect(received[0]?.headers["content-length"]).toBe(String(received[0]?.body.length));
	});

	test("that too many wait clears them, once", async () => {
		const { outcome, bodies } = await sent(FULL, { status: 200 });
		expect(outcome).toEqual({ kind: "delivered" });
		expect(bodies[0]).not.toHaveProperty("clear_pending");
		expect(bodies[1]).toEqual({ ...bodies[0], clear_pending: true });
	});
});

describe("against the server's rules", () => {
	const peer = startUbuntuPushServer();
	beforeEach(() => peer.clear());
	afterEach(() => peer.respondNormally());
	afterAll(() => peer.stop());
	const service = serviceAt(peer.url, Date.now);

	test("every class arrives with all that was published, whatever its TTL", async () => {
		const token = peer.createPhone({ appId: APP });
		for (const pushClass of ["voip", "event", "high", "low"] as const)
			for (const ttl of [0, 1, 3600, 1e12, Number.NaN]) {
				const push = pushTo(token, { ...message, class: pushClass }, ttl);
				expect(await send(service, push)).toEqual({ kind: "delivered" });
				const { data } = (await peer.waitForPush()).notification;
				const node = push.registration.node;
				expect(data).toMatchObject({ message: { ...message, class: pushClass, node } });
			}
	});

	test("a phone that is away keeps the newest of each registration and class", async () => {
		const token = peer.createPhone({ appId: APP, away: true });
		const classes: PushClass[] = ["voip", "event", "high", "low"];
		for (const count of [1, 2, 3])
			for (const node of ["a", "b"])
				for (const pushClass of classes) {
					const push = pushTo(token, { class: pushClass, count });
					await send(service, { ...push, registration: { ...push.registration, node } });
				}
		const kept = peer.pending(token).map(({ data }) => (data as { message: Notification }).message);
		expect(kept.length).toBe(8);
		for (const one of kept) expect(one.count).toBe(3);
	});

	test("a phone with a hundred waiting gets the newest alone", async () => {
		const token = peer.createPhone({ appId: APP, away: true });
		for (let count = 0; count < 101; count++) {
			const push = pushTo(token, message);
			const registration = { ...push.registration, node: `node-${count}` };
			expect((await send(service, { ...push, registration })).kind).toBe("delivered");
		}
		expect(peer.pending(token).length).toBe(1);
	});

	test("an app that was removed and a token of another app are gone", async () => {
		const removed = peer.createPhone({ appId: APP });
		peer.unregister(removed);
		for (const token of [removed, peer.createPhone({ appId: "org.other_app" })])
			expect((await send(service, pushTo(token, message))).kind).toBe("gone");
	});

	test("without an application id nothing is sent, and it is our fault", async () => {
		const none = createUbuntu({ url: peer.url, alert: { text: "x" }, fetch, now: Date.now });
		expect((await send(none, pushTo(TOKEN, message))).kind).toBe("misconfigured");
		expect(peer.pushes).toEqual([]);
	});
});

describe("a device that registers", () => {
	const service = serviceAt("https://push.example");

	test("is its token", () => {
		expect(service.parseDevice({ token: TOKEN, auth: "x" })).toEqual({ token: TOKEN });
		expect(service.hostOf?.({ token: TOKEN })).toBeUndefined();
	});

	test.each([
		["nothing", undefined, /token is missing/],
		["an empty token", "", /token is missing/],
		["a token with a blank", "a b", /characters that no token/],
		["a URL", "https://push.example/?x", /characters that no token/],
		["an endless token", "a".repeat(1025), /longer than 1024/],
	])("is refused with a sentence for %s", (_, token, sentence) => {
		expect(() => service.parseDevice({ token })).toThrow(InvalidDevice);
		expect(() => service.parseDevice({ token })).toThrow(sentence);
	});
});

describe("an app", () => {
	const create = (options: { appId?: string; alert?: { text: string }; icon?: string }) =>
		createUbuntu({ alert: { text: "x" }, fetch, now: Date.now, ...options });

	test.each(["com.example.chat_chat", "chat.me_chat-app", "dekko2.dekkoproject_dekko"])(
		"may be %s",
		(appId) => {
			expect(create({ appId }).name).toBe("ubuntu");
		},
	);

	test.each([
		[{ appId: "chat" }, /must be package_app/],
		[{ appId: "com.example.chat_" }, /must be package_app/],
		[{ appId: `a_${"b".repeat(254)}` }, /must be package_app/],
		[{ alert: { text: "a".repeat(151) } }, /room for 150 characters/],
		[{ icon: "a".repeat(151) }, /room for 150 characters/],
	])("cannot be %j", (options, sentence) => {
		expect(() => create(options)).toThrow(sentence);
	});
});
