/**
 * FCM: the table of answers row by row over a real socket, and the whole way against a double with Google's rules.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Fetch } from "../../../src/services/exchange.ts";
import { createFcm } from "../../../src/services/fcm/fcm.ts";
import { importServiceAccount, type ServiceAccount } from "../../../src/services/fcm/service-account.ts";
import type { Notification, Outcome, Push } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { startFcmServer } from "../../peers/fcm-server.ts";
import { after } from "../answer-rows.ts";
import { describeAnswers } from "../answers-contract.ts";
import { type HttpAnswer, type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";
import { error, ROWS, TOKEN, WELL } from "./answer-rows.ts";

const NOW = Date.UTC(2026, 0, 1);
const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };
const send = (service: ReturnType<typeof createFcm>, push: Push) =>
	service.send(push, AbortSignal.timeout(5000));

const peer = startFcmServer();
const account: ServiceAccount = await importServiceAccount(peer.serviceAccount);
afterAll(() => peer.stop());

/** A `fetch` that needs no token endpoint, so that all requests are pushes. */
const withToken: Fetch = async (url, init) =>
	url === account.tokenUri ? Response.json({ access_token: "bearer", expires_in: 3600 }) : fetch(url, init);
const serviceAt = (url: string, now = () => NOW) =>
	createFcm({ serviceAccount: account, url, fetch: withToken, now });

describeService("FCM", {
	async create(origin, now) {
		return { service: serviceAt(origin, now), push: pushTo(TOKEN, message) };
	},
	answers: {
		delivered: WELL,
		deadToken: error(404, "NOT_FOUND", "UNREGISTERED"),
		tooMany: (retryAfter) => after(error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), retryAfter),
		unwell: error(503, "UNAVAILABLE", "UNAVAILABLE"),
		wrongCredentials: error(403, "PERMISSION_DENIED"),
	},
	wrongCredentials: "misconfigured",
	nonsenseToken: "rejected",
});

describeAnswers(ROWS, NOW, (origin) => send(serviceAt(origin), pushTo(TOKEN, message)));

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	/** Sends, and gives the messages that FCM received meanwhile. */
	async function sent(...answers: [HttpAnswer, ...HttpAnswer[]]) {
		double.answer(...answers);
		const before = double.received.length;
		const outcome = await send(serviceAt(double.origin), pushTo(TOKEN, message));
		const messages = double.received.slice(before).map(({ body }) => JSON.parse(body.toString()).message);
		return { outcome, messages };
	}

	test("of a message that FCM finds wrong lets a minimal one try", async () => {
		const { outcome, messages } = await sent(error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), {
			status: 200,
		});
		expect(outcome).toEqual({ kind: "delivered" });
		expect(messages.length).toBe(2);
		expect(messages[1]).toEqual({
			token: TOKEN,
			data: { node: pushTo(TOKEN, message).registration.node, class: "high" },
			android: { priority: "HIGH" },
		});
	});

	test.each<[string, HttpAnswer, Outcome["kind"]]>([
		["unregistered", error(404, "NOT_FOUND", "UNREGISTERED"), "gone"],
		["named as wrong", error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"), "gone"],
		["not spoken of at all", { status: 503 }, "retry"],
		["not answered", "cut", "retry"],
	])("to the minimal message counts: the token is %s", async (_, answer, kind) => {
		const { outcome, messages } = await sent(error(400, "INVALID_ARGUMENT"), answer);
		expect(outcome.kind).toBe(kind);
		expect(messages.length).toBe(2);
	});
});

describe("against Google's rules", () => {
	const service = () => createFcm({ serviceAccount: account, url: peer.url, fetch, now: Date.now });
	beforeEach(() => {
		peer.clear();
	});
	afterEach(() => {
		peer.respondNormally();
		peer.respondToTokenRequestsWith(undefined);
	});

	test("every class arrives with all that was published", async () => {
		const fcm = service();
		const token = peer.createDevice();
		const encrypted = { data: "AAAA", iv: "BBBB", type: "chat" };
		for (const pushClass of ["voip", "event", "high", "low"] as const) {
			const whole = { ...message, class: pushClass, pending: 2, nickname: "R", event: "e", encrypted };
			const push = pushTo(token, whole);
			expect(await send(fcm, push)).toMatchObject({ kind: "delivered", id: expect.any(String) });
			const { data } = (await peer.waitForPush()).message;
			expect(data).toEqual({
				node: push.registration.node,
				class: pushClass,
				count: "1",
				pending: "2",
				sender: "romeo@example.net",
				body: "What light…",
				nickname: "R",
				event: "e",
				encrypted: JSON.stringify(encrypted),
			});
		}
	});

	test("1,000 first pushes at once ask for one access token", async () => {
		const fcm = service();
		const token = peer.createDevice();
		const before = peer.tokenRequests.length;
		const outcomes = await Promise.all(
			Array.from({ length: 1000 }, () => fcm.send(pushTo(token, message), AbortSignal.timeout(20_000))),
		);
		expect(outcomes.filter(({ kind }) => kind === "delivered").length).toBe(1000);
		expect(peer.tokenRequests.slice(before)).toEqual([{}]);
	});

	test("a 401 in the middle of 1,000 pushes asks for one more, and all arrive", async () => {
		const fcm = service();
		const token = peer.createDevice();
		await send(fcm, pushTo(token, message));
		const before = peer.tokenRequests.length;
		const outcomes = await Promise.all(
			Array.from({ length: 1000 }, (_, index) => {
				if (index === 500) peer.expireAccessTokens();
				return fcm.send(pushTo(token, message), AbortSignal.timeout(20_000));
			}),
		);
		expect(outcomes.filter(({ kind }) => kind === "delivered").length).toBe(1000);
		expect(peer.tokenRequests.slice(before)).toEqual([{}]);
	});

	test("an app that was removed, a token of another app and one that never was are gone", async () => {
		const removed = peer.createDevice();
		peer.unregister(removed);
		for (const token of [removed, peer.createDevice({ foreign: true }), TOKEN])
			expect((await send(service(), pushTo(token, message))).kind).toBe("gone");
	});

	test("a service account of another project costs nobody anything", async () => {
		const token = peer.createDevice();
		for (const wrong of [
			{ ...account, projectId: "another" },
			{ ...account, clientEmail: "someone@else.example" },
			{ ...account, privateKeyId: "another" },
		]) {
			const fcm = createFcm({ serviceAccount: wrong, url: peer.url, fetch, now: Date.now });
			expect((await send(fcm, pushTo(token, message))).kind).toBe("misconfigured");
		}
	});

	test("a clock that is wrong by hours is our fault", async () => {
		const fcm = createFcm({
			serviceAccount: account,
			url: peer.url,
			fetch,
			now: () => Date.now() - 7_200_000,
		});
		expect(await send(fcm, pushTo(peer.createDevice(), message))).toEqual({
			kind: "misconfigured",
			reason: "token endpoint: 400 refused our credentials (invalid_grant)",
		});
	});

	test("a token endpoint that hangs holds a push no longer than its deadline", async () => {
		peer.respondToTokenRequestsWith(() => new Promise(() => {}));
		const before = performance.now();
		const outcome = await service().send(pushTo(peer.createDevice(), message), AbortSignal.timeout(100));
		expect(outcome).toEqual({ kind: "retry", reason: "no access token in time" });
		expect(performance.now() - before).toBeLessThan(10_000);
	});

	test("a device with three accounts gets no more collapse keys than FCM keeps", async () => {
		const fcm = service();
		const token = peer.createDevice();
		for (const node of ["a", "b", "c"])
			for (const pushClass of ["voip", "event", "high", "low"] as const) {
				const push = pushTo(token, { class: pushClass });
				const outcome = await send(fcm, { ...push, registration: { ...push.registration, node } });
				expect(outcome.kind).toBe("delivered");
			}
	});

	test("without a service account nothing is sent, and it is our fault", async () => {
		const fcm = createFcm({ url: peer.url, fetch, now: Date.now });
		expect((await send(fcm, pushTo(TOKEN, message))).kind).toBe("misconfigured");
		expect(peer.pushes).toEqual([]);
	});
});

describe("a device that registers", () => {
	const service = serviceAt("https://fcm.example");

	test("is its token", () => {
		expect(service.parseDevice({ token: TOKEN, p256dh: "x" })).toEqual({ token: TOKEN });
		expect(service.hostOf?.({ token: TOKEN })).toBeUndefined();
	});

	test.each([
		["nothing", undefined, /token is missing/],
		["an empty token", "", /token is missing/],
		["a token with a blank", "a b", /characters that no registration token/],
		["a URL", "https://fcm.example/?x", /characters that no registration token/],
		["an endless token", "a".repeat(1025), /longer than 1024/],
	])("is refused with a sentence for %s", (_, token, sentence) => {
		expect(() => service.parseDevice({ token })).toThrow(InvalidDevice);
		expect(() => service.parseDevice({ token })).toThrow(sentence);
	});
});
