/**
 * WNS: apps of Windows, by the channel URI that Windows gave them.
 *
 * `https://learn.microsoft.com/windows/apps/develop/notifications/push-notifications/push-request-response-headers`
 * is the reference.
 */
import type { Outcome, Push, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import { createAccessTokens, type TokenRequest } from "../access-token.ts";
import { type AlertText, wordsOf } from "../alert.ts";
import { exchange, type Fetch } from "../exchange.ts";
import { timeToLive } from "../time-to-live.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { classify } from "./answers.ts";
import { type ChannelPolicy, parseChannel } from "./channel.ts";
import { type WnsMessage, type WnsType, wnsMessage } from "./message.ts";

/** How an app proves itself; which one depends on where it was registered, and neither works for the other. */
export type WnsCredentials =
	/** From the Microsoft Store's partner centre. */
	| { kind: "sid"; packageSid: string; clientSecret: string }
	/** From Entra (Azure), for apps made with the Windows App SDK. */
	| { kind: "entra"; tenantId: string; clientId: string; clientSecret: string };

const CONTENT_TYPE: Readonly<Record<WnsType, string>> = {
	raw: "application/octet-stream",
	toast: "text/xml",
};

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
	const ttl = timeToLive(push.ttlSeconds);
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
	alert: AlertText;
	fetch: Fetch;
	now: () => number;
}): PushService {
	const { credentials, type, policy, tokenUrl, alert, fetch, now } = options;
	if (wordsOf(alert).length > MAX_ALERT)
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

		// Microsoft spreads channels over hosts, and a client may name one that is not there.
		originOf(device) {
			const url = URL.parse(device.token);
			return url ? { origin: url.origin, isProvider: true } : undefined;
		},

		...(tokens && { check: tokens.check }),

		send: neverThrowing(sendOnce),
	};
}
