/** This browser as a device: its subscription, and what is kept of it once it is registered. */
import { present } from "../syntax/present-fields.ts";
import { classesOf } from "./classes.ts";
import type { Clock } from "./clock.ts";
import type { OwnDevice } from "./devices.ts";
import { Fault } from "./kit/fault.ts";
import type { Registered, SubscriptionJson } from "./kit/kit.ts";

/** Of the web app's own page. */
const TITLE = "Reveille";

/** What a person and the page decide of this browser. */
export interface ThisBrowser {
	subscription: SubscriptionJson;
	name: string;
	deviceId: string;
	wantsLow: boolean;
}

/** ms that a browser may take to subscribe: one that reaches no push service waits for ever. */
const SUBSCRIBING = 30_000;

/** Thrown where the browser's push service fails. */
export class PushServiceAway extends Error {
	override name = "PushServiceAway";
}

/**
 * Subscribes, or gives the subscription that there is.
 * @param key the VAPID public key, base64url
 * @throws {PushServiceAway} also where it takes too long
 * @throws {Fault} where Reveille is what does not answer
 */
export async function subscribe(
	{ browser, clock }: { browser: { subscribe(key: string): Promise<SubscriptionJson> }; clock: Clock },
	key: string,
): Promise<SubscriptionJson> {
	const waiting = new AbortController();
	try {
		return await Promise.race([
			browser.subscribe(key),
			clock.after(SUBSCRIBING, waiting.signal).then(() => {
				throw new PushServiceAway();
			}),
		]);
	} catch (error) {
		throw error instanceof PushServiceAway || error instanceof Fault
			? error
			: new PushServiceAway(error instanceof Error ? error.message : String(error));
	} finally {
		waiting.abort();
	}
}

/** The page that registers it. */
export interface ThisPage {
	/** Whether it is https. */
	https: boolean;
	/** Its address. */
	home: string;
	/** What a push is headed by that names no sender, where the browser shows it without the service worker. */
	title?: string;
}

/** How this browser registers. */
export const asDevice = (
	{ https, home, title = TITLE }: ThisPage,
	{ subscription, name, deviceId, wantsLow }: ThisBrowser,
) => ({
	subscription,
	name,
	deviceId,
	classes: classesOf(wantsLow),
	// Reveille uses it at Apple's endpoints alone, and takes no other than https.
	...present({ declarative: https ? { title, navigate: home } : undefined }),
});

/** What is kept of a device that was just registered. @throws {Fault} where its registration has no device secret */
export function deviceOf(
	{ jid, node, deviceSecret }: Registered,
	{
		account,
		name,
		subscription,
		now,
	}: { account: string; name: string; subscription: SubscriptionJson; now: number },
): OwnDevice {
	if (deviceSecret === undefined) throw new Fault({ kind: "reveille-refused", reason: "no device secret" });
	const { endpoint } = subscription;
	const times = { registeredAt: now, renewedAt: now };
	return { node, deviceSecret, account, name, jid, endpoint, ...times, wantsLow: false };
}
