/**
 * Web Push (RFC 8030, 8291, 8292): Firefox, Chrome, Safari, Edge, and every UnifiedPush distributor.
 *
 * The device chooses the push service by the endpoint it hands in, and needs no account of ours there.
 */
import type { App, Outcome, Push, PushService } from "../../types.ts";
import { type HiddenName, webCryptoHiddenName } from "../collapse-key.ts";
import { type EndpointPolicy, parseEndpoint } from "../endpoint.ts";
import type { Fetch } from "../exchange.ts";
import { hasOwnText } from "../own-text.ts";
import { payloadForm } from "../payload-form.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { webPushContent } from "./content.ts";
import { declarativeOf } from "./declarative.ts";
import { fluuxContent } from "./fluux-content.ts";
import { encrypt, type MessageCipher } from "./message-encryption.ts";
import { isWebPushMessage } from "./message-header.ts";
import { sendTo } from "./push-request.ts";
import { registeredKeys } from "./receiver-keys.ts";
import { subscriptionsIn } from "./subscriptions.ts";
import type { Vapid } from "./vapid-signature.ts";

/**
 * The `Topic` of a registration's pushes of one class (RFC 8030 §5.4): the newest replaces an older one that the
 * push service still holds.
 * @returns 32 base64url characters, the most a topic may have; none where each push stands for itself (own-text.ts)
 */
export function topicOf(
	{ registration, notification }: Push,
	hiddenName: HiddenName = webCryptoHiddenName,
): string | Promise<string> | undefined {
	// Without keys the push carries no text of ours, and only wakes.
	const hasKeys = registration.p256dh !== undefined && registration.auth !== undefined;
	if ((hasKeys || notification.rfc8291 !== undefined) && hasOwnText(notification)) return undefined;
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
	messageCipher?: MessageCipher | undefined;
	hiddenName?: HiddenName | undefined;
}): PushService {
	const { vapid, policy, payload, messageCipher, hiddenName } = options;

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		if (!vapid) return { kind: "misconfigured", reason: "no VAPID private key", about: "account" };
		const endpoint = parseEndpoint(push.registration.token, policy);
		const [authorization, topic, content] = await Promise.all([
			vapid.authorization(endpoint.origin),
			topicOf(push, hiddenName),
			encrypted(push, payload, messageCipher),
		]);
		return sendTo(endpoint, push, { authorization, topic, content }, { ...options, signal });
	}

	return {
		name: "webpush",

		...subscriptionsIn(policy),

		send: neverThrowing(sendOnce),
	};
}

async function encrypted(
	push: Push,
	payload: App["payload"],
	cipher?: MessageCipher,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
	const { registration, notification } = push;
	if (notification.rfc8291 !== undefined) return sealedContent(notification.rfc8291);
	const { node, p256dh, auth } = registration;
	if (!p256dh || !auth) return undefined;
	const content =
		payloadForm(payload, registration, "fluux") === "fluux"
			? fluuxContent(notification)
			: webPushContent(node, notification, declarativeOf(registration));
	return encrypt(content, registeredKeys({ p256dh, auth }), { cipher });
}

/**
 * What the user's server encrypted for the device. What is no such message no device opens, and a push service may
 * refuse it, which would count as our fault if it refused many: it is left out.
 */
function sealedContent(rfc8291: string): Uint8Array<ArrayBuffer> | undefined {
	const content = Uint8Array.fromBase64(rfc8291);
	return isWebPushMessage(content) ? content : undefined;
}
