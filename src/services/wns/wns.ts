/**
 * WNS: apps of Windows, by the channel URI that Windows gave them.
 *
 * `https://learn.microsoft.com/windows/apps/develop/notifications/push-notifications/push-request-response-headers`
 * is the reference.
 */
import type { Outcome, Push, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import { createAccessTokens, type TokenRequest } from "../access-token.ts";
import { exchange, type Fetch, type Reply } from "../exchange.ts";
import { neverThrowing, outcomeOf } from "../outcome.ts";
import { type ChannelPolicy, parseChannel } from "./channel.ts";
import { type WnsAlert, type WnsMessage, type WnsType, wnsMessage } from "./message.ts";

/** How an app proves itself; which one depends on where it was registered, and neither works for the other. */
export type WnsCredentials =
	/** From the Microsoft Store's partner centre. */
	| { kind: "sid"; packageSid: string; clientSecret: string }
	/** From Entra (Azure), for apps made with the Windows App SDK. */
	| { kind: "entra"; tenantId: string; clientId: string; clientSecret: string };

/** What each answer means; the first row that fits counts, and none is `retry`. */
const ANSWERS: readonly {
	from: number;
	to: number;
	/** The answer's `X-WNS-Status`: it was asked for. */
	notification?: string;
	/** The answer's words hold these. */
	words?: RegExp;
	kind: Outcome["kind"];
	reason: string;
	/** It says nothing of other devices. */
	about?: "token";
}[] = [
	{ from: 200, to: 200, notification: "received", kind: "delivered", reason: "" },
	// The device is away and nothing is kept for it, or its user turned notifications off.
	{ from: 200, to: 200, notification: "dropped", kind: "retry", reason: "dropped", about: "token" },
	{
		from: 200,
		to: 200,
		notification: "channelthrottled",
		kind: "retry",
		reason: "channel throttled",
		about: "token",
	},
	// Accepted, without the word that was asked for.
	{ from: 200, to: 200, notification: "", kind: "delivered", reason: "" },
	// A new access token was tried before. Of this channel or of all: that shows when channels of several owners say it.
	{ from: 401, to: 401, kind: "misconfigured", reason: "refused our access token" },
	// The channel was given to another app. Whether it is our account shows only over many: delivery decides.
	{ from: 403, to: 403, kind: "rejected", reason: "channel of another app" },
	{ from: 404, to: 404, kind: "gone", reason: "unknown channel" },
	// Microsoft shut our domain out for abuse: it says nothing of the channel.
	{ from: 410, to: 410, words: /domain\s*blocked/i, kind: "misconfigured", reason: "our domain is blocked" },
	// Channels end after 30 days, and the app asks for another.
	{ from: 410, to: 410, kind: "gone", reason: "channel expired" },
	// The account sends more than it may.
	{ from: 406, to: 406, kind: "retry", reason: "too many requests" },
	{ from: 429, to: 429, kind: "retry", reason: "too many requests" },
	// Something about this request, and it will be no better the next time.
	{ from: 400, to: 400, kind: "rejected", reason: "refused as malformed" },
	{ from: 405, to: 405, kind: "rejected", reason: "refused the method" },
	{ from: 413, to: 413, kind: "rejected", reason: "refused as too large" },
	// What else a path may answer that is no channel's: the client chose the path.
	{ from: 400, to: 499, kind: "retry", reason: "unknown answer", about: "token" },
	{ from: 500, to: 599, kind: "retry", reason: "push service unwell" },
];

const CONTENT_TYPE: Readonly<Record<WnsType, string>> = {
	raw: "application/octet-stream",
	toast: "text/xml",
};

/** As for the other services; four weeks, in seconds. */
const MAX_TTL_S = 4 * 7 * 24 * 60 * 60;
/** An alert is a line; characters. */
const MAX_ALERT = 200;

/**
 * Builds the request of one notification.
 * @param channel where to, already checked
 * @param parts.bearer the access token
 */
export function buildRequest(
	channel: URL,
	push: Push,
	parts: { bearer: string; message: WnsMessage },
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
	const { type, body } = parts.message;
	const ttl = Math.min(Math.max(Math.floor(push.ttlSeconds), 0), MAX_TTL_S);
	const headers: Record<string, string> = {
		Authorization: `Bearer ${parts.bearer}`,
		"Content-Type": CONTENT_TYPE[type],
		"X-WNS-Type": `wns/${type}`,
		"X-WNS-RequestForStatus": "true",
		// Raw ones are not kept for a device that is away unless it is asked for.
		"X-WNS-Cache-Policy": ttl === 0 ? "no-cache" : "cache",
		...(ttl > 0 && { "X-WNS-TTL": String(ttl) }),
	};
	// The length is said by `fetch`, for a body that is whole.
	return { url: channel.href, init: { method: "POST", headers, body } };
}

/**
 * Builds the request for an access token (RFC 6749 §4.4).
 * @param tokenUrl instead of Microsoft's own
 */
export function tokenRequest(credentials: WnsCredentials, tokenUrl?: string): TokenRequest {
	const { kind, clientSecret } = credentials;
	const [url, clientId, scope] =
		kind === "sid"
			? ["https://login.live.com/accesstoken.srf", credentials.packageSid, "notify.windows.com"]
			: [
					`https://login.microsoftonline.com/${encodeURIComponent(credentials.tenantId)}/oauth2/v2.0/token`,
					credentials.clientId,
					"https://wns.windows.com/.default",
				];
	const headers = { "Content-Type": "application/x-www-form-urlencoded" };
	const body = new URLSearchParams({
		grant_type: "client_credentials",
		client_id: clientId,
		client_secret: clientSecret,
		scope,
	}).toString();
	return { url: tokenUrl ?? url, init: { method: "POST", headers, body } };
}

/**
 * Classifies an answer.
 * @param phrase the words behind the status, where the protocol still has them
 */
export function classify(reply: Reply, phrase = ""): Outcome {
	const { status, headers, afterMs } = reply;
	const notification = headers.get("x-wns-status")?.toLowerCase() ?? "";
	const words = [phrase, headers.get("x-wns-error-description"), reply.body].join("\n");
	const row = ANSWERS.find(
		(one) =>
			one.from <= status &&
			status <= one.to &&
			(one.notification ?? notification) === notification &&
			(one.words?.test(words) ?? true),
	);
	if (row?.kind === "delivered") return { kind: "delivered", ...id(headers) };
	const reason = `${status} ${row?.reason ?? "unknown answer"}`;
	return outcomeOf(row, reason, afterMs);
}

function id(headers: Headers): { id?: string } {
	const said = headers.get("x-wns-msg-id") ?? "";
	return /^[\w-]{1,64}$/.test(said) ? { id: said } : {};
}

/**
 * Sends to one app of Windows.
 * @param options.credentials without them devices are checked (an edge without the secret takes registrations) and
 *   nothing is sent
 * @param options.type toasts need no code of the app's; what they would be wrong for goes as raw all the same
 * @param options.policy where channels may point; asked at registration and again at each send
 * @param options.tokenUrl instead of Microsoft's own
 * @param options.alert the text of a toast whose sender is not known
 * @throws {Error} with a sentence for the operator if the text cannot be used
 */
export function createWns(options: {
	credentials?: WnsCredentials | undefined;
	type: WnsType;
	policy: ChannelPolicy;
	tokenUrl?: string | undefined;
	alert: WnsAlert;
	fetch: Fetch;
	now: () => number;
}): PushService {
	const { credentials, type, policy, tokenUrl, alert, fetch, now } = options;
	if (("text" in alert ? alert.text : alert.locKey).length > MAX_ALERT)
		throw new Error(`The alert for WNS has room for ${MAX_ALERT} characters.`);
	const request = credentials && (async () => tokenRequest(credentials, tokenUrl));
	const tokens = request && createAccessTokens({ request, fetch, now });

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		if (!tokens) return { kind: "misconfigured", reason: "no WNS credentials", about: "account" };
		const channel = parseChannel(push.registration.token, policy);
		const message = wnsMessage(push, { type, alert });
		let phrase = "";
		const noting: Fetch = async (url, init) => {
			const response = await fetch(url, init);
			phrase = response.statusText;
			return response;
		};
		const reply = await tokens.use(
			(bearer) => exchange(buildRequest(channel, push, { bearer, message }), { fetch: noting, now, signal }),
			({ status }) => status === 401,
			signal,
		);
		if (reply.kind === "reply") return classify(reply, phrase);
		// The token endpoint's word: no channel had a part in it.
		return reply.kind === "misconfigured" ? { ...reply, about: "account" } : reply;
	}

	return {
		name: "wns",

		parseDevice(input) {
			if (!input.token) throw new InvalidDevice("The token is missing: it is the channel URI.");
			return { token: parseChannel(input.token, policy).href };
		},

		hostOf: () => undefined,

		// Microsoft spreads channels over hosts, and a client may name one that is not there.
		originOf(device) {
			const url = URL.parse(device.token);
			return url ? { origin: url.origin, isProvider: true } : undefined;
		},

		...(tokens && { check: tokens.check }),

		send: neverThrowing(sendOnce),
	};
}
