/**
 * Ubuntu Push: the table of answers row by row over a real socket, and the whole way against a double with the
 * server's own rules.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createUbuntu } from "../../../src/services/ubuntu/ubuntu.ts";
import type { Notification, Outcome, Push, PushClass } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { startUbuntuPushServer } from "../../peers/ubuntu-push-server.ts";
import { type HttpAnswer, type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";

const NOW = Date.UTC(2026, 0, 1);
const TOKEN = "c2VjcmV0+dG9r/ZW4=";
const APP = "com.example.chat_chat";
const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };
const serviceAt = (url: string, now = () => NOW) =>
	createUbuntu({ appId: APP, url, alert: { text: "New message" }, fetch, now });
const send = (service: ReturnType<typeof createUbuntu>, push: Push) =>
	service.send(push, AbortSignal.timeout(5000));

/** An error of the server's, which may hold another message whole. */
const error = (status: number, name: string) => ({
	status,
	headers: { "retry-after": "7" },
	body: JSON.stringify({ error: name, message: `no ${TOKEN}`, extra: { body: "What light…" } }),
});

describeService("Ubuntu Push", {
	async create(origin, now) {
		return { service: serviceAt(origin, now), push: pushTo(TOKEN, message) };
	},
	answers: {
		delivered: { status: 200, body: '{"ok":true}' },
		deadToken: error(400, "unknown-token"),
		tooMany: (retryAfter) => ({ status: 429, headers: { "retry-after": retryAfter } }),
		unwell: error(503, "unavailable"),
		// It has no credentials; the nearest is a wrong application id, which delivery tells from a dead token.
		wrongCredentials: { status: 403 },
	},
	wrongCredentials: "retry",
	nonsenseToken: "rejected",
});

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	test.each<[HttpAnswer, Outcome["kind"], string]>([
		[error(400, "unknown-token"), "gone", "400 unknown token (unknown-token)"],
		[error(401, "unauthorized"), "gone", "401 token of another app (unauthorized)"],
		[error(401, "unauthorized-app-id"), "gone", "401 token of another app (unauthorized-app-id)"],
		[error(413, "too-many-pending"), "retry", "413 too many messages wait (too-many-pending)"],
		[error(400, "invalid-request"), "rejected", "400 refused as malformed (invalid-request)"],
		[error(405, "invalid-request"), "rejected", "405 refused the method (invalid-request)"],
		[error(411, "invalid-request"), "rejected", "411 refused without a length (invalid-request)"],
		[error(413, "invalid-request"), "rejected", "413 refused as too large (invalid-request)"],
		[error(415, "invalid-request"), "rejected", "415 refused the content type (invalid-request)"],
		[error(429, "rate-limited"), "retry", "429 too many requests (rate-limited)"],
		[error(500, "internal"), "retry", "500 push service unwell (internal)"],
		[error(503, "unavailable"), "retry", "503 push service unwell (unavailable)"],
		[error(502, "<html>"), "retry", "502 push service unwell"],
		[error(400, "io-error"), "retry", "400 unknown answer (io-error)"],
		[error(401, "Some Proxy"), "retry", "401 unknown answer"],
		[error(404, "unknown-token"), "retry", "404 unknown answer (unknown-token)"],
		[error(200, "internal"), "retry", "200 unknown answer (internal)"],
		[error(302, ""), "retry", "302 unknown answer"],
	])("%j is %s: %s", async (answer, kind, reason) => {
		double.answer(answer);
		const outcome = await send(serviceAt(double.origin), pushTo(TOKEN, message));
		const about = /too many messages wait|^4.. unknown/.test(reason) ? { about: "token" } : {};
		expect(outcome).toEqual(
			(kind === "retry" ? { kind, reason, afterMs: 7000, ...about } : { kind, reason }) as never,
		);
	});

	test.each<[string, HttpAnswer]>([
		["413 that cannot be read", { status: 413, body: '{"error":"too-many-pending","extra":{"body":"What' }],
		["400 of a page", { status: 400, body: "<html>" }],
		["401 of nothing", { status: 401 }],
	])("%s is tried again", async (_, answer) => {
		double.answer(answer);
		expect((await send(serviceAt(double.origin), pushTo(TOKEN, message))).kind).toBe("retry");
	});

	/** Sends, and gives what the server received meanwhile. */
	async function sent(...answers: [HttpAnswer, ...HttpAnswer[]]) {
		double.answer(...answers);
		const before = double.received.length;
		const outcome = await send(serviceAt(double.origin), pushTo(TOKEN, message));
		const received = double.received.slice(before);
		return { outcome, received, bodies: received.map(({ body }) => JSON.parse(body.toString())) };
	}

	test("comes to a POST that says its length and nothing but JSON", async () => {
		const { received } = await sent({ status: 200, body: '{"ok":true}' });
		expect(received[0]).toMatchObject({ method: "POST", path: "/notify" });
		expect(received[0]?.headers["content-type"]).toBe("application/json");
		expect(received[0]?.headers["content-length"]).toBe(String(received[0]?.body.length));
	});

	test("that too many wait clears them, once", async () => {
		const { outcome, bodies } = await sent(error(413, "too-many-pending"), { status: 200 });
		expect(outcome).toEqual({ kind: "delivered" });
		expect(bodies[0]).not.toHaveProperty("clear_pending");
		expect(bodies[1]).toEqual({ ...bodies[0], clear_pending: true });
		expect((await sent(error(413, "too-many-pending"))).received.length).toBe(2);
	});

	test("that the message is too large clears nothing", async () => {
		expect((await sent(error(413, "invalid-request"))).received.length).toBe(1);
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
