/** What APNs answers: fed to answers.test.ts beside, and to delivery's own test. */
import type { ApnsReply } from "../../peers/apns-server.ts";
import {
	BACKOFF,
	DELIVERED,
	GONE,
	leftAlone,
	MINUTE,
	MISCONFIGURED,
	REJECTED,
	type Row,
	type RowOfMost,
	retried,
} from "../answer-rows.ts";
import { TOKEN } from "./pushes.ts";

export const WELL: ApnsReply = { status: 200 };

const said = (status: number, reason: string): ApnsReply => ({ status, reason });
const after = (status: number, reason: string, seconds: number): ApnsReply => ({
	...said(status, reason),
	headers: { "retry-after": String(seconds) },
});
const dead = (reason: string, beforeMs: number) => (now: number) => ({
	status: 410,
	reason,
	timestamp: now - beforeMs,
});
const each = (
	status: number,
	reasons: readonly string[],
	means: Row<ApnsReply>["means"],
	more: Partial<Row<ApnsReply>> = {},
): Row<ApnsReply>[] =>
	reasons.map((reason) => ({ says: `${status} ${reason}`, answers: [said(status, reason)], means, ...more }));

/** Calls have a topic and a token of their own: what is wrong with these holds up no message. */
const ofCalls = (...row: Parameters<typeof each>): Row<ApnsReply>[] =>
	each(...row).map(({ says, ...rest }) => ({ ...rest, says: `${says}, of a call`, isCall: true }));

/** It was renewed later than that: its new token gets the push. */
const renewed = (reason: string): Row<ApnsReply> => ({
	says: `410 ${reason} since before it was renewed`,
	answers: [dead(reason, MINUTE + 1)],
	means: { ...GONE, registration: "kept", outbox: BACKOFF, stanza: "result" },
	noted: "renewed while its old token was sent to",
});

/** Of somebody on the way there, say. */
const notApples = (says: string, answer: ApnsReply): Row<ApnsReply> => ({
	says,
	answers: [answer],
	means: retried(),
	reason: `${answer.status} unknown answer`,
	about: "token",
});

export const ROWS: readonly Row<ApnsReply>[] = [
	{ says: "200", answers: [WELL], means: DELIVERED },
	{ says: "410 Unregistered since a moment ago", answers: [dead("Unregistered", 1000)], means: GONE },
	renewed("Unregistered"),
	{ says: "410 ExpiredToken since a moment ago", answers: [dead("ExpiredToken", 1000)], means: GONE },
	renewed("ExpiredToken"),
	...each(410, ["Unregistered", "ExpiredToken"], GONE),
	...each(400, ["BadDeviceToken", "DeviceTokenNotForTopic"], GONE),
	{
		says: "403 ExpiredProviderToken within 20 minutes of the token",
		answers: [said(403, "ExpiredProviderToken")],
		means: MISCONFIGURED,
	},
	{
		says: "403 ExpiredProviderToken after 20 minutes, of the new one too",
		answers: [said(403, "ExpiredProviderToken")],
		laterMs: 20 * MINUTE,
		requests: 2,
		means: MISCONFIGURED,
	},
	{
		says: "403 ExpiredProviderToken after 20 minutes, not of the new one",
		answers: [said(403, "ExpiredProviderToken"), WELL],
		laterMs: 20 * MINUTE,
		requests: 2,
		means: DELIVERED,
	},
	...each(
		403,
		[
			...["InvalidProviderToken", "MissingProviderToken", "BadCertificate", "BadCertificateEnvironment"],
			...["Forbidden", "UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken"],
		],
		MISCONFIGURED,
	),
	...each(400, ["TopicDisallowed", "MissingTopic", "BadTopic"], MISCONFIGURED),
	...ofCalls(400, ["TopicDisallowed", "BadTopic"], { ...MISCONFIGURED, gate: "open" }, { about: "token" }),
	...ofCalls(410, ["Unregistered"], { ...GONE, registration: "kept", outbox: BACKOFF, stanza: "result" }),
	...each(429, ["TooManyRequests"], retried(), { about: "token" }),
	...each(429, ["TooManyProviderTokenUpdates"], retried()),
	{
		says: "429 TooManyRequests, Retry-After: it is that device's alone",
		answers: [after(429, "TooManyRequests", 120)],
		means: retried(120_000),
		afterMs: 120_000,
		about: "token",
	},
	{
		says: "429 TooManyProviderTokenUpdates, Retry-After: it is the team's",
		answers: [after(429, "TooManyProviderTokenUpdates", 120)],
		means: leftAlone(120_000),
		afterMs: 120_000,
	},
	...each(400, ["IdleTimeout"], retried()),
	...each(500, ["InternalServerError"], retried()),
	...each(503, ["Shutdown", "ServiceUnavailable"], retried()),
	{
		says: "503 ServiceUnavailable, Retry-After",
		answers: [after(503, "ServiceUnavailable", 120)],
		means: leftAlone(120_000),
		afterMs: 120_000,
	},
	...each(
		400,
		[
			...["BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "DuplicateHeaders"],
			...["InvalidPushType", "MissingDeviceToken", "PayloadEmpty", "SomethingNew"],
		],
		REJECTED,
	),
	...each(404, ["BadPath"], REJECTED),
	...each(405, ["MethodNotAllowed"], REJECTED),
	...each(413, ["PayloadTooLarge"], REJECTED),
	// Nobody documented these.
	...each(401, ["BadDeviceToken"], retried(), { about: "token" }),
	...each(403, ["SomethingNew"], retried(), { about: "token" }),
	...each(404, ["Unregistered"], retried(), { about: "token" }),
	...each(410, ["SomethingNew"], retried(), { about: "token" }),
	...each(418, ["Teapot"], retried(), { about: "token" }),
	...each(201, ["Unregistered"], retried()),
	...each(302, ["Unregistered"], retried()),
	notApples("a 410 without a word", { status: 410 }),
	notApples("a 410 that is a page", { status: 410, body: "<html>Unregistered</html>" }),
	notApples("a 410 that is null", { status: 410, body: "null" }),
	notApples("a 400 without a word", { status: 400, body: "{}" }),
	notApples("a 400 whose word is none", { status: 400, body: `{"reason":"${TOKEN} is unknown"}` }),
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<ApnsReply>[] = [
	["400 BadDeviceToken: it is our environment", said(400, "BadDeviceToken"), GONE],
	["400 DeviceTokenNotForTopic: it is our topic", said(400, "DeviceTokenNotForTopic"), GONE],
	["410 Unregistered: nobody is forgotten", said(410, "Unregistered"), GONE],
];
