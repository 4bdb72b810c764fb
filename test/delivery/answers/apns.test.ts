/** APNs: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { createApns } from "../../../src/services/apns/apns.ts";
import { createProviderTokens, importApnsKey } from "../../../src/services/apns/provider-tokens.ts";
import { type ApnsReply, type ApnsServer, startApnsServer } from "../../peers/apns-server.ts";
import {
	BACKOFF,
	DELIVERED,
	GONE,
	leftAlone,
	MINUTE,
	MISCONFIGURED,
	openRowScene,
	REJECTED,
	type Row,
	retried,
} from "./scene.ts";

const TOPIC = "net.example.app";
const WELL: ApnsReply = { status: 200 };
let server: ApnsServer;
let fetch: ReturnType<typeof createHttp2Fetch>;
let made = 0;
const scene = await openRowScene<ApnsReply>(async (now) => {
	server = await startApnsServer({ topics: [TOPIC], now });
	fetch = createHttp2Fetch({ ca: server.ca });
	return {
		async service() {
			const { key, keyId, teamId } = server.createKey(`TEAM${++made}`, `KEY${made}`);
			const tokens = createProviderTokens({ key: await importApnsKey(key), keyId, teamId, now });
			const credentials = { kind: "token", tokens } as const;
			return createApns({ credentials, topic: TOPIC, url: server.url, fetch, now });
		},
		device: () => ({
			token: (++made).toString(16).padStart(64, "d"),
			voipToken: made.toString(16).padStart(64, "c"),
		}),
		answer(answers) {
			server.respondNormally();
			const [last, ...earlier] = answers.toReversed();
			if (last) server.respondWith(last);
			// The latest that was told comes first.
			for (const one of earlier) server.respondWith({ ...one, times: 1 });
		},
		well: WELL,
		requests: () => server.pushes.length,
		stop: () => server.stop(),
	};
});
afterAll(() => scene.close());

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
const each = (status: number, reasons: readonly string[], means: Row<ApnsReply>["means"]): Row<ApnsReply>[] =>
	reasons.map((reason) => ({ says: `${status} ${reason}`, answers: [said(status, reason)], means }));

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

const ROWS: readonly Row<ApnsReply>[] = [
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
	...ofCalls(400, ["TopicDisallowed", "BadTopic"], { ...MISCONFIGURED, gate: "open" }),
	...ofCalls(410, ["Unregistered"], { ...GONE, registration: "kept", outbox: BACKOFF, stanza: "result" }),
	...each(429, ["TooManyRequests", "TooManyProviderTokenUpdates"], retried()),
	{
		says: "429 TooManyRequests, Retry-After: it is that device's alone",
		answers: [after(429, "TooManyRequests", 120)],
		means: retried(120_000),
	},
	{
		says: "429 TooManyProviderTokenUpdates, Retry-After: it is the team's",
		answers: [after(429, "TooManyProviderTokenUpdates", 120)],
		means: leftAlone(120_000),
	},
	...each(400, ["IdleTimeout"], retried()),
	...each(500, ["InternalServerError"], retried()),
	...each(503, ["Shutdown", "ServiceUnavailable"], retried()),
	{
		says: "503 ServiceUnavailable, Retry-After",
		answers: [after(503, "ServiceUnavailable", 120)],
		means: leftAlone(120_000),
	},
	...each(
		400,
		[
			...["BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "DuplicateHeaders"],
			...["InvalidPushType", "MissingDeviceToken", "PayloadEmpty"],
		],
		REJECTED,
	),
	...each(404, ["BadPath"], REJECTED),
	...each(405, ["MethodNotAllowed"], REJECTED),
	...each(413, ["PayloadTooLarge"], REJECTED),
];

describe("APNs says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", (_, row) => scene.check(row));
});

describe("APNs says of most devices", () => {
	test.each<[string, ApnsReply, typeof GONE]>([
		["400 BadDeviceToken: it is our environment", said(400, "BadDeviceToken"), GONE],
		["400 DeviceTokenNotForTopic: it is our topic", said(400, "DeviceTokenNotForTopic"), GONE],
		["410 Unregistered: nobody is forgotten", said(410, "Unregistered"), GONE],
	])("%s", (_, reply, means) => scene.checkMass(reply, means));
});
