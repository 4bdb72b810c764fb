/**
 * What APNs answers, and what each answer means.
 * Source: Apple, "Handling notification responses from APNs".
 */
import type { Outcome } from "../../types.ts";
import { field, parsed, textIn } from "../answer-body.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

/** Apple's word for a provider token past its hour: answered with another one before it is believed. */
export const EXPIRED_TOKEN = "ExpiredProviderToken";

interface ApnsRow extends AnswerRow {
	/** It speaks of the topic, and calls have one of their own: said of it, messages are not concerned. */
	readonly isOfTopic?: true;
}

/**
 * What each status and Apple's word (`reason`) mean. A row without a word holds every word, but not an answer without
 * one: that is not Apple's.
 */
export const ANSWERS: readonly ApnsRow[] = [
	// The app was removed, or the token was replaced. The body says when.
	{ status: 410, word: "Unregistered", kind: "gone", reason: "the app is not on the device any more" },
	{ status: 410, word: "ExpiredToken", kind: "gone", reason: "the token expired" },
	// Also said of good tokens when it is us who use the wrong environment or topic. Which of both shows only over
	// many registrations: delivery decides.
	{ status: 400, word: "BadDeviceToken", kind: "gone", reason: "no token of this environment" },
	{ status: 400, word: "DeviceTokenNotForTopic", kind: "gone", reason: "the token is of another app" },
	// Another token was tried, or would come too early: a clock that is wrong by 20 minutes or more.
	{
		status: 403,
		word: EXPIRED_TOKEN,
		kind: "misconfigured",
		reason: "token refused as too old: is our clock right?",
	},
	{
		status: 403,
		word: "InvalidProviderToken",
		kind: "misconfigured",
		reason: "key, key id and team id do not fit",
	},
	{
		status: 403,
		word: "MissingProviderToken",
		kind: "misconfigured",
		reason: "no certificate and no key was shown",
	},
	{
		status: 403,
		word: "UnrelatedKeyIdInToken",
		kind: "misconfigured",
		reason: "the key is not for this app",
	},
	{
		status: 403,
		word: "BadEnvironmentKeyIdInToken",
		kind: "misconfigured",
		reason: "the key is for the other environment",
	},
	{ status: 403, word: "BadCertificate", kind: "misconfigured", reason: "certificate refused" },
	{
		status: 403,
		word: "BadCertificateEnvironment",
		kind: "misconfigured",
		reason: "the certificate is for the other environment",
	},
	{ status: 403, word: "Forbidden", kind: "misconfigured", reason: "not allowed to send" },
	{
		status: 400,
		word: "TopicDisallowed",
		kind: "misconfigured",
		reason: "the topic is not allowed for our credentials",
		isOfTopic: true,
	},
	{ status: 400, word: "MissingTopic", kind: "misconfigured", reason: "the topic is missing" },
	{
		status: 400,
		word: "BadTopic",
		kind: "misconfigured",
		reason: "the topic is not a bundle id",
		isOfTopic: true,
	},
	// Too many to this one device: not ours to slow down for all.
	{
		status: 429,
		word: "TooManyRequests",
		kind: "retry",
		reason: "too many pushes to this device",
		about: "token",
	},
	// Another process changed the team's token within 20 minutes. Ours stays: a new one would make it worse.
	{
		status: 429,
		word: "TooManyProviderTokenUpdates",
		kind: "retry",
		reason: "the team's token changed too often",
	},
	// The connection was closed under us; nothing about the push.
	{ status: 400, word: "IdleTimeout", kind: "retry", reason: "the connection was idle for too long" },
	{ status: 500, kind: "retry", reason: "APNs unwell" },
	{ status: 503, word: "Shutdown", kind: "retry", reason: "this server of APNs is shutting down" },
	{ status: 503, kind: "retry", reason: "APNs unavailable" },
	// Something about this request, and it will be no better the next time: BadCollapseId, BadExpirationDate,
	// BadMessageId, BadPriority, DuplicateHeaders, InvalidPushType, MissingDeviceToken, PayloadEmpty.
	{ status: 400, kind: "rejected", reason: "refused as malformed" },
	{ status: 404, word: "BadPath", kind: "rejected", reason: "refused path" },
	{ status: 405, kind: "rejected", reason: "refused method" },
	{ status: 413, kind: "rejected", reason: "refused as too large" },
];

/**
 * Classifies an answer.
 * @param reply what APNs said
 * @param token which of the device's tokens it was said of
 */
export function classify(reply: Reply, token: "main" | "voip"): Outcome {
	const { status, headers, afterMs } = reply;
	if (status === 200) return delivered(headers.get("apns-id"));
	const { word, timestamp } = readBody(reply);
	const row = word === undefined ? undefined : rowOf(ANSWERS, { status, word });
	if (row?.kind === "gone")
		return {
			kind: row.kind,
			reason: `${status} ${row.reason} (${word})`,
			...(timestamp !== undefined && { at: timestamp }),
			...(token === "voip" && { token }),
		};
	const isOfCalls = row?.isOfTopic && token === "voip";
	return outcomeOf(
		isOfCalls ? { ...row, about: "token" } : (row ?? unknown(status)),
		{ status, afterMs },
		word,
	);
}

/** In a request that is refused without a word of Apple's that we know, only the token is a stranger's. */
const unknown = (status: number) =>
	status >= 400 && status <= 499 ? ({ kind: "retry", about: "token" } as const) : undefined;

function delivered(id: string | null): Outcome {
	// A UUID and nothing else: it is kept and shown.
	return id !== null && /^[0-9a-f-]{36}$/i.test(id) ? { kind: "delivered", id } : { kind: "delivered" };
}

/**
 * What the body says: `{"reason": "Unregistered", "timestamp": 1735689600000}`.
 * @returns `word` only if it is one, since it could echo the token; `timestamp` in ms since the epoch
 */
export function readBody({ body }: Reply): { word?: string; timestamp?: number } {
	const said = parsed(body);
	const word = textIn(field(said, "reason"), /^[A-Za-z]{1,40}$/);
	const timestamp = field(said, "timestamp");
	return {
		...(word !== undefined && { word }),
		...(Number.isSafeInteger(timestamp) && { timestamp: timestamp as number }),
	};
}
