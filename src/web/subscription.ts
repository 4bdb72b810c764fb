/** A browser's subscription to its push service. */
import { encodeBase64 } from "../sasl/base64.ts";
import type { SubscriptionJson } from "./kit/kit.ts";

/**
 * Subscribes, or gives the subscription that there is. One with another key is ended first.
 * @param key the VAPID public key, base64url
 */
export async function subscribeWith(pushManager: PushManager, key: string): Promise<SubscriptionJson> {
	const former = await pushManager.getSubscription();
	if (former && keyOf(former) === key) return jsonOf(former);
	await former?.unsubscribe();
	return jsonOf(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
}

/** Base64url without padding, as Reveille has it. */
function keyOf({ options }: PushSubscription): string | undefined {
	const { applicationServerKey } = options;
	if (!applicationServerKey) return;
	return encodeBase64(new Uint8Array(applicationServerKey))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replace(/=+$/, "");
}

export function jsonOf(subscription: PushSubscription): SubscriptionJson {
	const { endpoint = "", keys = {} } = subscription.toJSON();
	return { endpoint, keys: { p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" } };
}
