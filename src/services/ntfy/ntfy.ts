/**
 * ntfy topics: notifications for people who have ntfy's app (or its web app) and no XMPP app that is woken.
 *
 * `https://docs.ntfy.sh/publish/` is the reference. UnifiedPush, for which ntfy is one distributor of many, is Web Push.
 */
import { type Device, InvalidDevice, type Outcome, type Push, type PushService } from "../../types.ts";
import { type EndpointPolicy, isAnsweredFor, isNamed, mayTellWhy } from "../endpoint.ts";
import { exchange, type Fetch } from "../exchange.ts";
import { timeToLive } from "../time-to-live.ts";
import { neverThrowing, unprepared } from "../unsent-pushes.ts";
import { classify } from "./answers.ts";
import { type NtfyLook, type NtfyMessage, ntfyMessage } from "./message.ts";
import { parseTopic, type Topic } from "./topic.ts";

/** Why a message did not reach a host that a client chose: the same whether there is such a name, and whose it is. */
const UNREACHED = "the ntfy server cannot be reached";

const bearer = (token: string | undefined): Record<string, string> =>
	token === undefined ? {} : { Authorization: `Bearer ${token}` };

/**
 * Builds the request of one message.
 * @param origin of the server: its root takes JSON
 * @param accessToken only where the operator named the server
 */
export function buildRequest(
	origin: string,
	message: NtfyMessage,
	{ ttlSeconds, accessToken }: { ttlSeconds: number; accessToken?: string | undefined },
): { url: string; init: RequestInit & { headers: Record<string, string>; body: string } } {
	const headers: Record<string, string> = {
		"Content-Type": "application/json",
		...bearer(accessToken),
		// ntfy keeps messages for as long as its server says, or not at all.
		...(timeToLive(ttlSeconds) === 0 && { Cache: "no" }),
	};
	return { url: `${origin}/`, init: { method: "POST", headers, body: JSON.stringify(message) } };
}

/**
 * Sends to topics.
 * @param options.server the origin of the operator's server; topics at others pass the policy, or are refused
 * @param options.accessToken for that server, and shown to no other
 * @param options.fetch for that server
 * @param options.guardedFetch for the others: must check addresses
 */
export function createNtfy(
	options: NtfyLook & {
		server?: string | undefined;
		accessToken?: string | undefined;
		policy: EndpointPolicy;
		fetch: Fetch;
		guardedFetch: Fetch;
		now: () => number;
	},
): PushService {
	const { server, accessToken, policy, fetch, guardedFetch, now, text, click, tags } = options;
	const topicOf = (token: string) => parseTopic(token, server, policy);

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		const { origin, name, isOurs, url } = topicOf(push.registration.token);
		const message = ntfyMessage(name, push, { text, click, tags });
		const request = buildRequest(origin, message, {
			ttlSeconds: push.ttlSeconds,
			accessToken: isOurs ? accessToken : undefined,
		});
		const reply = await exchange(request, { fetch: isOurs ? fetch : guardedFetch, now, signal });
		if (reply.kind === "reply") return classify(reply, isOurs);
		return isOurs || mayTellWhy(url, policy)
			? reply
			: { kind: "retry", reason: UNREACHED, detail: reply.reason };
	}

	/** Asks whose token it is, which needs no topic. */
	async function check(signal: AbortSignal): Promise<Outcome> {
		try {
			const request = { url: `${server}/v1/account`, init: { headers: bearer(accessToken) } };
			const reply = await exchange(request, { fetch, now, signal });
			if (reply.kind !== "reply") return reply;
			return reply.status === 200 ? { kind: "delivered" } : classify(reply, true);
		} catch (error) {
			return unprepared(error);
		}
	}

	/** Where a registered device is; undefined: it may not be there any more. */
	function placeOf({ token }: Device): Topic | undefined {
		try {
			return topicOf(token);
		} catch {
			return undefined;
		}
	}

	return {
		name: "ntfy",

		parseDevice({ token }) {
			if (!token) throw new InvalidDevice("The token is missing: it is the URL of an ntfy topic.");
			return { token: topicOf(token).url.href };
		},

		hostOf(device) {
			const place = placeOf(device);
			return !place || place.isOurs || isAnsweredFor(place.url, policy) ? undefined : place.url.host;
		},

		originOf(device) {
			const place = placeOf(device);
			if (!place) return undefined;
			return { origin: place.origin, isProvider: place.isOurs || isAnsweredFor(place.url, policy) };
		},

		isNamed(device) {
			const place = placeOf(device);
			return place !== undefined && (place.isOurs || isNamed(place.url, policy));
		},

		// What shows nothing at an app would be a notification here.
		skips: (_device, pushClass) => pushClass === "low",

		...(server !== undefined && accessToken !== undefined && { check }),

		send: neverThrowing(sendOnce),
	};
}
