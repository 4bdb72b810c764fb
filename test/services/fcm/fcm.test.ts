/**
 * FCM: the table of answers row by row over a real socket, and the whole way against a double with Google's rules.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Fetch } from "../../../src/services/exchange.ts";
import { createFcm } from "../../../src/services/fcm/fcm.ts";
import { importServiceAccount, type ServiceAccount } from "../../../src/services/fcm/service-account.ts";
import type { Notification, Outcome, Push } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { fcmErrorBody, startFcmServer } from "../../peers/fcm-server.ts";
import { type HttpAnswer, type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";

const NOW = Date.UTC(2026, 0, 1);
const TOKEN = "cAbCdEfGhIj:APA91bSecretToken";
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

/** An error of FCM's. */
const error = (status: number, general: string, errorCode?: string, field?: string) => ({
	status,
	headers: { "retry-after": "7" },
	body: fcmErrorBody({
		status,
		general,
		message: `${TOKEN} What light…`,
		...(errorCode !== undefined && { errorCode }),
		...(field !== undefined && { field }),
	}),
});

/** That a quota is used up, with details. */
const quota = (...details: unknown[]) => ({
	status: 429,
	body: JSON.stringify({ error: { code: 429, message: TOKEN, status: "RESOURCE_EXHAUSTED", details } }),
});
const OWN_WORD = {
	"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
	errorCode: "QUOTA_EXCEEDED",
};
const violated = (subject: string) => ({
	"@type": "type.googleapis.com/google.rpc.QuotaFailure",
	violations: [{ subject, description: TOKEN }],
});
/** As Google's front says that more was sent than the project may. */
const perMinute = (quotaUnit: string) => ({
	"@type": "type.googleapis.com/google.rpc.ErrorInfo",
	reason: "RATE_LIMIT_EXCEEDED",
	domain: "googleapis.com",
	metadata: { quota_unit: quotaUnit, quota_metric: "fcm.googleapis.com/send_requests" },
});

describeService("FCM", {
	async create(origin, now) {
		return { service: serviceAt(origin, now), push: pushTo(TOKEN, message) };
	},
	answers: {
		delivered: { status: 200, body: '{"name":"projects/p/messages/0:1"}' },
		deadToken: error(404, "NOT_FOUND", "UNREGISTERED"),
		tooMany: (retryAfter) => ({
			...error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
			headers: { "retry-after": retryAfter },
		}),
		unwell: error(503, "UNAVAILABLE", "UNAVAILABLE"),
		wrongCredentials: error(403, "PERMISSION_DENIED"),
	},
	wrongCredentials: "misconfigured",
	nonsenseToken: "rejected",
});

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	const retry = (reason: string, afterMs = 7000) => ({ kind: "retry", reason, afterMs }) as const;
	/** It is this device's own quota. */
	const tooMany = (reason: string, afterMs?: number): Outcome => ({
		...retry(reason, afterMs),
		about: "token",
	});
	const misconfigured = (reason: string): Outcome => ({ kind: "misconfigured", reason });

	test.each<[string, HttpAnswer, Outcome]>([
		[
			"200",
			{ status: 200, body: '{"name":"projects/p/messages/0:17%f9"}' },
			{ kind: "delivered", id: "0:17%f9" },
		],
		["200 without a name", { status: 200 }, { kind: "delivered" }],
		[
			"404 UNREGISTERED",
			error(404, "NOT_FOUND", "UNREGISTERED"),
			{ kind: "gone", reason: "404 unregistered token (UNREGISTERED)" },
		],
		["404 without FCM's code", error(404, "NOT_FOUND"), misconfigured("404 no such project (NOT_FOUND)")],
		[
			"404 whose general status looks like FCM's code",
			error(404, "UNREGISTERED"),
			misconfigured("404 no such project (UNREGISTERED)"),
		],
		["404 of a page", { status: 404, body: "<html>" }, misconfigured("404 no such project")],
		[
			"400 that names the token",
			error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"),
			{ kind: "gone", reason: "400 invalid token (INVALID_ARGUMENT)" },
		],
		[
			"400 that names the token, without FCM's code",
			error(400, "INVALID_ARGUMENT", undefined, "message.token"),
			{ kind: "gone", reason: "400 invalid token (INVALID_ARGUMENT)" },
		],
		[
			"400 to everything, by FCM's own code",
			error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
			{ kind: "gone", reason: "400 invalid token (INVALID_ARGUMENT)" },
		],
		[
			"400 to everything, not by FCM's own code",
			error(400, "INVALID_ARGUMENT"),
			{ kind: "rejected", reason: "400 refused as malformed (INVALID_ARGUMENT)" },
		],
		[
			"400 that names another field",
			error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.android.ttl"),
			{ kind: "rejected", reason: "400 refused as malformed (INVALID_ARGUMENT)" },
		],
		[
			"400 that names a field like the token's",
			error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token_x"),
			{ kind: "rejected", reason: "400 refused as malformed (INVALID_ARGUMENT)" },
		],
		[
			"400 of another kind",
			error(400, "FAILED_PRECONDITION"),
			{ kind: "rejected", reason: "400 refused as malformed (FAILED_PRECONDITION)" },
		],
		["400 of a page", { status: 400, body: "no" }, { kind: "rejected", reason: "400 refused as malformed" }],
		[
			"403 SENDER_ID_MISMATCH",
			error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
			{ kind: "gone", reason: "403 token of another app (SENDER_ID_MISMATCH)" },
		],
		[
			"403 PERMISSION_DENIED",
			error(403, "PERMISSION_DENIED"),
			misconfigured("403 refused our service account (PERMISSION_DENIED)"),
		],
		["403 of a page", { status: 403 }, misconfigured("403 refused our service account")],
		["401", error(401, "UNAUTHENTICATED"), misconfigured("401 refused our access token (UNAUTHENTICATED)")],
		[
			"401 THIRD_PARTY_AUTH_ERROR",
			error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
			{
				...misconfigured("401 the project's own credentials were refused (THIRD_PARTY_AUTH_ERROR)"),
				about: "token",
			} as Outcome,
		],
		[
			"429 QUOTA_EXCEEDED",
			error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
			tooMany("429 too many pushes to this device (QUOTA_EXCEEDED)"),
		],
		[
			"429 QUOTA_EXCEEDED of a device",
			quota(violated("device:"), OWN_WORD),
			tooMany("429 too many pushes to this device (QUOTA_EXCEEDED)", 60_000),
		],
		[
			"429 QUOTA_EXCEEDED of the project",
			quota(OWN_WORD, violated("device:"), violated("project:reveille-test")),
			retry("429 the project's quota is used up (QUOTA_EXCEEDED)", 60_000),
		],
		[
			"429 QUOTA_EXCEEDED of the project, by its resource name",
			quota(OWN_WORD, violated("projects/1234")),
			retry("429 the project's quota is used up (QUOTA_EXCEEDED)", 60_000),
		],
		[
			"429 of the project, by Google's front",
			quota(perMinute("1/min/{project}")),
			retry("429 the project's quota is used up (RESOURCE_EXHAUSTED)", 60_000),
		],
		[
			"429 of a quota that is shared out further",
			quota(OWN_WORD, perMinute("1/min/{project}/{device}")),
			tooMany("429 too many pushes to this device (QUOTA_EXCEEDED)", 60_000),
		],
		[
			"429 without FCM's own word",
			error(429, "RESOURCE_EXHAUSTED"),
			retry("429 too many requests (RESOURCE_EXHAUSTED)"),
		],
		[
			"429 whose general status looks like FCM's own word",
			error(429, "QUOTA_EXCEEDED"),
			retry("429 too many requests (QUOTA_EXCEEDED)"),
		],
		["429 that says nothing else", { status: 429 }, retry("429 too many requests", 60_000)],
		[
			"429 whose details are rubbish",
			quota(null, 7, { violations: [null, { subject: 7 }] }, { metadata: "1/min/{project}" }),
			retry("429 too many requests (RESOURCE_EXHAUSTED)", 60_000),
		],
		[
			"503 that speaks of the project",
			{ ...quota(violated("project:reveille-test")), status: 503 },
			{ kind: "retry", reason: "503 push service unwell (RESOURCE_EXHAUSTED)" },
		],
		["500 INTERNAL", error(500, "INTERNAL", "INTERNAL"), retry("500 push service unwell (INTERNAL)")],
		[
			"503 UNAVAILABLE",
			error(503, "UNAVAILABLE", "UNAVAILABLE"),
			retry("503 push service unwell (UNAVAILABLE)"),
		],
		["502 of a proxy", { status: 502 }, { kind: "retry", reason: "502 push service unwell" }],
		["302", { status: 302, headers: { location: "/" } }, { kind: "retry", reason: "302 unknown answer" }],
		[
			"a code that nobody documented",
			error(418, "TEAPOT", "UNREGISTERED"),
			{ ...retry("418 unknown answer (UNREGISTERED)"), about: "token" },
		],
	])("%s", async (_, answer, outcome) => {
		double.answer(answer);
		expect(await send(serviceAt(double.origin), pushTo(TOKEN, message))).toEqual(outcome);
	});

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

	test("that names the token needs no second try", async () => {
		const { messages } = await sent(error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"));
		expect(messages.length).toBe(1);
	});

	test("that refuses access is tried with one new access token, others with none", async () => {
		for (const [answer, requests] of [
			[error(401, "UNAUTHENTICATED"), 2],
			[error(403, "PERMISSION_DENIED"), 2],
			[error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), 1],
			[error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), 1],
		] as const)
			expect((await sent(answer)).messages.length).toBe(requests);
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
