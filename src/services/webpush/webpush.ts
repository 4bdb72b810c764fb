/**
 * Web Push (RFC 8030, 8291, 8292): Firefox, Chrome, Safari, Edge, and every UnifiedPush distributor.
 *
 * The device chooses the push service by the endpoint it hands in, and needs no account of ours there.
 */
import * as base64url from "jose/base64url";
import type { App, Outcome, Push, PushClass, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import { type HiddenName, webCryptoHiddenName } from "../collapse-key.ts";
import { type EndpointPolicy, isAnsweredFor, isNamed, mayTellWhy, parseEndpoint } from "../endpoint.ts";
import { exchange, type Failure, type Fetch, type Reply } from "../exchange.ts";
import { hasOwnText } from "../own-text.ts";
import { payloadForm } from "../payload-form.ts";
import { timeToLive } from "../time-to-live.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { classify } from "./answers.ts";
import { webPushContent } from "./content.ts";
import { declarativeOf, isApples, parseDeclarative } from "./declarative.ts";
import { fluuxContent } from "./fluux-content.ts";
import { encrypt, type RecordCipher } from "./message-encryption.ts";
import { receiverKeys } from "./receiver-keys.ts";
import type { Vapid } from "./vapid-signature.ts";

/** RFC 8030 §5.3: how much of the device's battery a push is worth. */
const URGENCY: Readonly<Record<PushClass, string>> = {
	voip: "high", // someone is waiting to be answered
	high: "high", // someone wrote
	event: "normal", // the account changed: soon is enough
	low: "low", // for when the device is awake anyway
};

/** Why a push did not reach a host that a client chose: the same whether there is such a name, and whose it is. */
const UNREACHED = "the push service cannot be reached";

/** What a request says beside the push itself, prepared elsewhere since it takes time or chance. */
export interface RequestParts {
	/** The `Authorization` header. */
	authorization: string;
	/** The `Topic` header; none where each push stands for itself. */
	topic?: string | undefined;
	/** The encrypted message; without it the push only wakes. */
	content?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Builds the request of one push.
 * @param endpoint where to, already checked
 */
export function buildRequest(
	endpoint: URL,
	push: Push,
	parts: RequestParts,
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
	// Google refuses more than four weeks.
	const ttl = timeToLive(push.ttlSeconds);
	const headers: Record<string, string> = {
		Authorization: parts.authorization,
		TTL: String(ttl),
		Urgency: URGENCY[push.notification.class],
	};
	if (parts.topic !== undefined) headers.Topic = parts.topic;
	if (parts.content) {
		headers["Content-Encoding"] = "aes128gcm";
		headers["Content-Type"] = "application/octet-stream";
	}
	// Edge's service wants TTL said a second time, in its own words.
	if (endpoint.hostname.endsWith(".notify.windows.com"))
		headers["X-WNS-Cache-Policy"] = ttl === 0 ? "no-cache" : "cache";
	const init = { method: "POST", headers, ...(parts.content && { body: parts.content }) };
	return { url: endpoint.href, init };
}

/**
 * The `Topic` of a registration's pushes of one class (RFC 8030 §5.4): the newest replaces an older one that the
 * push service still holds.
 * @returns 32 base64url characters, the most a topic may have; none where each push stands for itself (own-text.ts)
 */
export function topicOf(
	{ registration, notification }: Push,
	hiddenName: HiddenName = webCryptoHiddenName,
): string | Promise<string> | undefined {
	// Without keys the push carries no text, and only wakes.
	const isSealed = registration.p256dh !== undefined && registration.auth !== undefined;
	if (isSealed && hasOwnText(notification)) return undefined;
	return hiddenName(`${registration.node}\n${notification.class}`, 24);
}

/**
 * Sends through whatever push service an endpoint names.
 * @param options.fetch must check the address of a host that is not a browser's own (invariant: a client's URL is
 *   never fetched unchecked)
 * @param options.vapid our identity; without it devices are checked (an edge without the private key takes
 *   registrations) and nothing is sent
 * @param options.policy where endpoints may point; asked at registration and again at each send, as it may have
 *   been narrowed in between
 */
export function createWebPush(options: {
	fetch: Fetch;
	vapid?: Vapid | undefined;
	policy: EndpointPolicy;
	now: () => number;
	/** The form of pushes; default: as the client's dialect lets expect. */
	payload?: App["payload"] | undefined;
	/** WebCrypto's if not given. */
	recordCipher?: RecordCipher | undefined;
	hiddenName?: HiddenName | undefined;
}): PushService {
	const { vapid, policy, payload, recordCipher, hiddenName } = options;

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		if (!vapid) return { kind: "misconfigured", reason: "no VAPID private key", about: "account" };
		const endpoint = parseEndpoint(push.registration.token, policy);
		const [authorization, topic, content] = await Promise.all([
			vapid.authorization(endpoint.origin),
			topicOf(push, hiddenName),
			encrypted(push, payload, recordCipher),
		]);
		const post = (parts: RequestParts): Promise<Reply | Failure> =>
			exchange(buildRequest(endpoint, push, parts), { ...options, signal });
		let reply = await post({ authorization, topic, content });
		// Too large for what is behind this endpoint: waking without content beats silence.
		if (reply.kind === "reply" && reply.status === 413 && content)
			reply = await post({ authorization, topic });
		if (reply.kind === "reply") return classify(reply);
		return mayTellWhy(endpoint, policy) ? reply : { kind: "retry", reason: UNREACHED, detail: reply.reason };
	}

	return {
		name: "webpush",

		parseDevice(input) {
			if (!input.token) throw new InvalidDevice("The token is missing: it is the endpoint's URL.");
			const { p256dh, auth } = input;
			const device = { token: parseEndpoint(input.token, policy).href, ...parseDeclarative(input) };
			if (!p256dh && !auth) return device;
			if (!p256dh || !auth)
				throw new InvalidDevice(
					"p256dh and auth come together: give both or neither.",
					p256dh ? "auth" : "p256dh",
				);
			const keys = receiverKeys({ p256dh, auth });
			return { ...device, p256dh: base64url.encode(keys.p256dh), auth: base64url.encode(keys.auth) };
		},

		hostOf(device) {
			const url = URL.parse(device.token);
			return url && !isAnsweredFor(url, policy) ? url.host : undefined;
		},

		originOf(device) {
			const url = URL.parse(device.token);
			return url ? { origin: url.origin, isProvider: isAnsweredFor(url, policy) } : undefined;
		},

		isNamed(device) {
			const url = URL.parse(device.token);
			return url !== null && isNamed(url, policy);
		},

		// What shows no notification counts against the subscription, which iOS ends after three of them.
		skips: (device, pushClass) => pushClass === "low" && isApples(device.token),

		send: neverThrowing(sendOnce),
	};
}

async function encrypted(
	push: Push,
	payload: App["payload"],
	cipher?: RecordCipher,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
	const { registration, notification } = push;
	const { node, p256dh, auth } = registration;
	if (!p256dh || !auth) return undefined;
	const content =
		payloadForm(payload, registration, "fluux") === "fluux"
			? fluuxContent(notification)
			: webPushContent(node, notification, declarativeOf(registration));
	return encrypt(content, receiverKeys({ p256dh, auth }), { cipher });
}
