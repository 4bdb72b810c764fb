/** What FCM answers: fed to fcm.test.ts beside, and to delivery's own test. */
import { fcmErrorBody } from "../../peers/fcm-server.ts";
import {
	after,
	DELIVERED,
	GONE,
	leftAlone,
	MINUTE,
	MISCONFIGURED,
	REJECTED,
	type Row,
	type RowOfMost,
	retried,
	type Said,
} from "../answer-rows.ts";

export const TOKEN = "cAbCdEfGhIj:APA91bSecretToken";
export const WELL: Said = { status: 200, body: '{"name":"projects/reveille-test/messages/0:17%f9"}' };

/** An error of Google's: its general status, and what FCM itself says in the details. */
export const error = (status: number, general: string, errorCode?: string, field?: string): Said => ({
	status,
	body: fcmErrorBody({
		status,
		general,
		message: `${TOKEN} What light…`,
		...(errorCode !== undefined && { errorCode }),
		...(field !== undefined && { field }),
	}),
});
const invalid = (field?: string) => error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field);

/** That a quota is used up, with details. */
const quota = (...details: unknown[]): Said => ({
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

const UNREGISTERED = error(404, "NOT_FOUND", "UNREGISTERED");
const MISMATCH = error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH");
const UNAUTHENTICATED = error(401, "UNAUTHENTICATED");
const DENIED = error(403, "PERMISSION_DENIED");
const EXCEEDED = error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
const OVER_QUOTA = quota(perMinute("1/min/{project}"));
const INTERNAL = error(500, "INTERNAL", "INTERNAL");
const UNAVAILABLE = error(503, "UNAVAILABLE", "UNAVAILABLE");

type Rest = Pick<Row<Said>, "means" | "reason" | "about" | "afterMs" | "id">;
const IS_DELIVERED: Rest = { means: DELIVERED, id: "0:17%f9" };
const IS_INVALID: Rest = { means: GONE, reason: "400 invalid token (INVALID_ARGUMENT)" };
const IS_MALFORMED: Rest = { means: REJECTED, reason: "400 refused as malformed (INVALID_ARGUMENT)" };
const misconfigured = (reason: string): Rest => ({ means: MISCONFIGURED, reason });
/** It is this device's own quota. */
const tooMany = (ms = MINUTE): Rest => ({
	means: retried(ms),
	reason: "429 too many pushes to this device (QUOTA_EXCEEDED)",
	about: "token",
	afterMs: ms,
});
/** Nobody else has any left. */
const usedUp = (reason: string, ms = MINUTE): Rest => ({ means: leftAlone(ms), reason, afterMs: ms });

export const ROWS: readonly Row<Said>[] = [
	{ says: "200", answers: [WELL], ...IS_DELIVERED },
	{ says: "200 without a name", answers: [{ status: 200 }], means: DELIVERED },
	{
		says: "404 UNREGISTERED",
		answers: [UNREGISTERED],
		means: GONE,
		reason: "404 unregistered token (UNREGISTERED)",
	},
	{
		says: "404 without FCM's code",
		answers: [error(404, "NOT_FOUND")],
		...misconfigured("404 no such project (NOT_FOUND)"),
	},
	{
		says: "404 whose general status looks like FCM's code",
		answers: [error(404, "UNREGISTERED")],
		...misconfigured("404 no such project (UNREGISTERED)"),
	},
	{
		says: "404 of a page",
		answers: [{ status: 404, body: "<html>" }],
		...misconfigured("404 no such project"),
	},
	{ says: "400 that names the token", answers: [invalid("message.token")], ...IS_INVALID },
	{
		says: "400 that names the token, without FCM's code",
		answers: [error(400, "INVALID_ARGUMENT", undefined, "message.token")],
		...IS_INVALID,
	},
	{ says: "400 of the token alone too", answers: [invalid()], requests: 2, ...IS_INVALID },
	{
		says: "400, and takes the token alone",
		answers: [invalid(), WELL],
		requests: 2,
		...IS_DELIVERED,
	},
	{
		says: "400 that names another part, of the token alone too",
		answers: [invalid("message.android.ttl")],
		requests: 2,
		...IS_MALFORMED,
	},
	{
		says: "400 that names a part like the token, of the token alone too",
		answers: [invalid("message.token_x")],
		requests: 2,
		...IS_MALFORMED,
	},
	{
		says: "400 without FCM's code, of the token alone too",
		answers: [error(400, "INVALID_ARGUMENT")],
		requests: 2,
		...IS_MALFORMED,
	},
	{
		says: "400 of another kind",
		answers: [error(400, "FAILED_PRECONDITION")],
		means: REJECTED,
		reason: "400 refused as malformed (FAILED_PRECONDITION)",
	},
	{
		says: "400 of a page",
		answers: [{ status: 400, body: "no" }],
		means: REJECTED,
		reason: "400 refused as malformed",
	},
	{
		says: "403 SENDER_ID_MISMATCH",
		answers: [MISMATCH],
		means: GONE,
		reason: "403 token of another app (SENDER_ID_MISMATCH)",
	},
	{
		says: "401, of a new access token too",
		answers: [UNAUTHENTICATED],
		requests: 2,
		...misconfigured("401 refused our access token (UNAUTHENTICATED)"),
	},
	{
		says: "401, not of a new access token",
		answers: [UNAUTHENTICATED, WELL],
		requests: 2,
		...IS_DELIVERED,
	},
	{
		says: "403 PERMISSION_DENIED, of a new access token too",
		answers: [DENIED],
		requests: 2,
		...misconfigured("403 refused our service account (PERMISSION_DENIED)"),
	},
	{
		says: "403 PERMISSION_DENIED, not of a new access token",
		answers: [DENIED, WELL],
		requests: 2,
		...IS_DELIVERED,
	},
	{
		says: "403 of a page",
		answers: [{ status: 403 }],
		...misconfigured("403 refused our service account"),
	},
	{
		says: "401 THIRD_PARTY_AUTH_ERROR, which no access token mends and no Android minds",
		answers: [error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")],
		means: { ...MISCONFIGURED, gate: "open" },
		reason: "401 the project's own credentials were refused (THIRD_PARTY_AUTH_ERROR)",
		about: "token",
	},
	{
		says: "429 QUOTA_EXCEEDED, Retry-After of 120 s: it is that device's alone",
		answers: [after(EXCEEDED, 120)],
		...tooMany(120_000),
	},
	{ says: "429 QUOTA_EXCEEDED, which is a minute", answers: [EXCEEDED], ...tooMany() },
	{
		says: "429 QUOTA_EXCEEDED of a device",
		answers: [quota(violated("device:"), OWN_WORD)],
		...tooMany(),
	},
	{
		says: "429 of a quota that is shared out further",
		answers: [quota(OWN_WORD, perMinute("1/min/{project}/{device}"))],
		...tooMany(),
	},
	{
		says: "429 QUOTA_EXCEEDED of the project",
		answers: [quota(OWN_WORD, violated("device:"), violated("project:reveille-test"))],
		...usedUp("429 the project's quota is used up (QUOTA_EXCEEDED)"),
	},
	{
		says: "429 QUOTA_EXCEEDED of the project, by its resource name",
		answers: [quota(OWN_WORD, violated("projects/1234"))],
		...usedUp("429 the project's quota is used up (QUOTA_EXCEEDED)"),
	},
	{
		says: "429 of the project's quota, Retry-After of 120 s: nobody else has any left",
		answers: [after(OVER_QUOTA, 120)],
		...usedUp("429 the project's quota is used up (RESOURCE_EXHAUSTED)", 120_000),
	},
	{
		says: "429 of the project's quota, which is a minute",
		answers: [OVER_QUOTA],
		...usedUp("429 the project's quota is used up (RESOURCE_EXHAUSTED)"),
	},
	{
		says: "429 without FCM's own word",
		answers: [error(429, "RESOURCE_EXHAUSTED")],
		...usedUp("429 too many requests (RESOURCE_EXHAUSTED)"),
	},
	{
		says: "429 whose general status looks like FCM's own word",
		answers: [error(429, "QUOTA_EXCEEDED")],
		...usedUp("429 too many requests (QUOTA_EXCEEDED)"),
	},
	{
		says: "429 of a page",
		answers: [{ status: 429, body: "<html>" }],
		...usedUp("429 too many requests"),
	},
	{ says: "429 that says nothing else", answers: [{ status: 429 }], ...usedUp("429 too many requests") },
	{
		says: "429 whose details are rubbish",
		answers: [quota(null, 7, { violations: [null, { subject: 7 }] }, { metadata: "1/min/{project}" })],
		...usedUp("429 too many requests (RESOURCE_EXHAUSTED)"),
	},
	{
		says: "500 INTERNAL",
		answers: [INTERNAL],
		means: retried(),
		reason: "500 push service unwell (INTERNAL)",
	},
	{
		says: "500 INTERNAL, Retry-After of 120 s",
		answers: [after(INTERNAL, 120)],
		...usedUp("500 push service unwell (INTERNAL)", 120_000),
	},
	{
		says: "503 UNAVAILABLE",
		answers: [UNAVAILABLE],
		means: retried(),
		reason: "503 push service unwell (UNAVAILABLE)",
	},
	{
		says: "503 UNAVAILABLE, Retry-After of 120 s",
		answers: [after(UNAVAILABLE, 120)],
		...usedUp("503 push service unwell (UNAVAILABLE)", 120_000),
	},
	{
		says: "503 that speaks of the project",
		answers: [{ ...quota(violated("project:reveille-test")), status: 503 }],
		means: retried(),
		reason: "503 push service unwell (RESOURCE_EXHAUSTED)",
	},
	{
		says: "502 of a proxy",
		answers: [{ status: 502 }],
		means: retried(),
		reason: "502 push service unwell",
	},
	{
		says: "302",
		answers: [{ status: 302, headers: { location: "/" } }],
		means: retried(),
		reason: "302 unknown answer",
	},
	{
		says: "a code that nobody documented",
		answers: [error(418, "TEAPOT", "UNREGISTERED")],
		means: retried(),
		reason: "418 unknown answer (UNREGISTERED)",
		about: "token",
	},
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<Said>[] = [
	["403 SENDER_ID_MISMATCH: it is our project", MISMATCH, GONE],
	["404 UNREGISTERED: nobody is forgotten", UNREGISTERED, GONE],
];
