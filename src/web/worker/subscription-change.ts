/** The browser ended a subscription or made another one: Reveille is told, with the device secrets. */
import type { Devices } from "../devices.ts";
import type { DeviceApi, SubscriptionJson } from "../kit/kit.ts";
import { renewDevices } from "../renewal.ts";
import type { WebAppSettings } from "../settings.ts";

/** A key as browsers take and give it. */
type Key = string | ArrayBuffer;

export interface SubscriptionEffects {
	devices: Devices;
	api: DeviceApi;
	now(): number;
	/** The subscription that there is. */
	current(): Promise<SubscriptionJson | undefined>;
	subscribe(key: Key): Promise<SubscriptionJson>;
	/** @throws where Reveille does not answer */
	settings(): Promise<WebAppSettings>;
	tell(message: { kind: "changed" }): Promise<void>;
}

/** @param change as browsers say it: any part may be missing */
export async function takeSubscriptionChange(
	change: { renewed?: SubscriptionJson | undefined; formerKey?: Key | undefined },
	effects: SubscriptionEffects,
): Promise<void> {
	const { devices, api, now, current, tell } = effects;
	const subscription =
		change.renewed ?? (await current()) ?? (await subscribeAgain(change.formerKey, effects));
	if (!subscription) return;
	await renewDevices({ devices, api, subscription, now });
	await tell({ kind: "changed" });
}

/** @returns undefined: Web Push is off */
async function subscribeAgain(
	formerKey: Key | undefined,
	{ settings, subscribe }: SubscriptionEffects,
): Promise<SubscriptionJson | undefined> {
	const key = formerKey ?? (await settings()).vapidPublicKey;
	return key === undefined ? undefined : subscribe(key);
}
