/** FCM: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createFcm } from "../../../src/services/fcm/fcm.ts";
import { importServiceAccount } from "../../../src/services/fcm/service-account.ts";
import { fcmErrorBody, startFcmServer } from "../../peers/fcm-server.ts";
import {
	DELIVERED,
	GONE,
	leftAlone,
	MINUTE,
	MISCONFIGURED,
	REJECTED,
	type Row,
	retried,
} from "../../services/answer-rows.ts";
import { type HttpAnswer, startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

/** Gives the access tokens; the pushes go to the other. */
const google = startFcmServer();
const double = await startPushDouble();
const serviceAccount = await importServiceAccount(google.serviceAccount);
const WELL: HttpAnswer = { status: 200, body: '{"name":"projects/reveille-test/messages/0:1"}' };
let devices = 0;
const provider: Provider<HttpAnswer> = {
	service: async (now) => createFcm({ serviceAccount, url: double.origin, fetch, now }),
	device: () => ({ token: `cAbCdEfGhIj${++devices}:APA91bSecretToken` }),
	answer: ([first = WELL, ...more]) => double.answer(first, ...more),
	well: WELL,
	requests: () => double.received.length,
	async stop() {
		await double[Symbol.asyncDispose]();
		await google.stop();
	},
};
const scene = await openRowScene(async () => provider);
afterAll(() => scene.close());

/** An error of Google's: its general status, and what FCM itself says in the details. */
const error = (
	status: number,
	general: string,
	{ errorCode, field, after }: { errorCode?: string; field?: string; after?: number } = {},
): HttpAnswer => ({
	status,
	headers: after === undefined ? {} : { "retry-after": String(after) },
	body: fcmErrorBody({
		status,
		general,
		message: `cAbCdEfGhIj${devices}:APA91bSecretToken`,
		...(errorCode !== undefined && { errorCode }),
		...(field !== undefined && { field }),
	}),
});
const coded = (status: number, general: string, errorCode: string, after?: number) =>
	error(status, general, { errorCode, ...(after !== undefined && { after }) });
const invalid = (field?: string) =>
	error(400, "INVALID_ARGUMENT", { errorCode: "INVALID_ARGUMENT", ...(field !== undefined && { field }) });

/** The project has sent what it may in this minute. */
const overQuota = (after?: number): HttpAnswer => {
	const metadata = { quota_limit: "SendsPerMinutePerProject", quota_unit: "1/min/{project}" };
	const info = {
		"@type": "type.googleapis.com/google.rpc.ErrorInfo",
		reason: "RATE_LIMIT_EXCEEDED",
		metadata,
	};
	return {
		status: 429,
		headers: after === undefined ? {} : { "retry-after": String(after) },
		body: JSON.stringify({ error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [info] } }),
	};
};

const ROWS: readonly Row<HttpAnswer>[] = [
	{ says: "200", answers: [WELL], means: DELIVERED },
	{ says: "404 UNREGISTERED", answers: [coded(404, "NOT_FOUND", "UNREGISTERED")], means: GONE },
	{ says: "404 without FCM's code", answers: [error(404, "NOT_FOUND")], means: MISCONFIGURED },
	{ says: "404 of a page", answers: [{ status: 404, body: "<html>" }], means: MISCONFIGURED },
	{ says: "400 that names the token", answers: [invalid("message.token")], means: GONE },
	{ says: "400 of the token alone too", answers: [invalid()], requests: 2, means: GONE },
	{ says: "400, and takes the token alone", answers: [invalid(), WELL], requests: 2, means: DELIVERED },
	{
		says: "400 that names another part, of the token alone too",
		answers: [invalid("message.android.ttl")],
		requests: 2,
		means: REJECTED,
	},
	{
		says: "400 without FCM's code, of the token alone too",
		answers: [error(400, "INVALID_ARGUMENT")],
		requests: 2,
		means: REJECTED,
	},
	{
		says: "403 SENDER_ID_MISMATCH",
		answers: [coded(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")],
		means: GONE,
	},
	{
		says: "401, of a new access token too",
		answers: [error(401, "UNAUTHENTICATED")],
		requests: 2,
		means: MISCONFIGURED,
	},
	{
		says: "401, not of a new access token",
		answers: [error(401, "UNAUTHENTICATED"), WELL],
		requests: 2,
		means: DELIVERED,
	},
	{
		says: "403 PERMISSION_DENIED, of a new access token too",
		answers: [error(403, "PERMISSION_DENIED")],
		requests: 2,
		means: MISCONFIGURED,
	},
	{
		says: "403 PERMISSION_DENIED, not of a new access token",
		answers: [error(403, "PERMISSION_DENIED"), WELL],
		requests: 2,
		means: DELIVERED,
	},
	{
		says: "401 THIRD_PARTY_AUTH_ERROR, which no access token mends and no Android minds",
		answers: [coded(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")],
		means: { ...MISCONFIGURED, gate: "open" },
	},
	{
		says: "429 QUOTA_EXCEEDED, Retry-After of 120 s: it is that device's alone",
		answers: [coded(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", 120)],
		means: retried(120_000),
	},
	{
		says: "429 QUOTA_EXCEEDED, which is a minute",
		answers: [coded(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")],
		means: retried(MINUTE),
	},
	{
		says: "429 of the project's quota, Retry-After of 120 s: nobody else has any left",
		answers: [overQuota(120)],
		means: leftAlone(120_000),
	},
	{ says: "429 of the project's quota, which is a minute", answers: [overQuota()], means: leftAlone(MINUTE) },
	{ says: "429 of a page", answers: [{ status: 429, body: "<html>" }], means: leftAlone(MINUTE) },
	{ says: "500 INTERNAL", answers: [coded(500, "INTERNAL", "INTERNAL")], means: retried() },
	{
		says: "500 INTERNAL, Retry-After of 120 s",
		answers: [coded(500, "INTERNAL", "INTERNAL", 120)],
		means: leftAlone(120_000),
	},
	{ says: "503 UNAVAILABLE", answers: [coded(503, "UNAVAILABLE", "UNAVAILABLE")], means: retried() },
	{
		says: "503 UNAVAILABLE, Retry-After of 120 s",
		answers: [coded(503, "UNAVAILABLE", "UNAVAILABLE", 120)],
		means: leftAlone(120_000),
	},
];

/** Access tokens asked for while a row was checked: one at the start, another where ours was refused. */
let askedBefore = 0;
beforeEach(() => {
	askedBefore = google.tokenRequests.length;
});

describe("FCM says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", async (_, row) => {
		await scene.check(row);
		const isAboutAccess = /access token( too)?$/.test(row.says) && row.requests === 2;
		expect(google.tokenRequests.slice(askedBefore)).toEqual(isAboutAccess ? [{}, {}] : [{}]);
	});
});

describe("FCM says of most devices", () => {
	test.each<[string, HttpAnswer, typeof GONE]>([
		[
			"403 SENDER_ID_MISMATCH: it is our project",
			coded(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
			GONE,
		],
		["404 UNREGISTERED: nobody is forgotten", coded(404, "NOT_FOUND", "UNREGISTERED"), GONE],
	])("%s", (_, answer, means) => scene.checkMass(answer, means));
});
