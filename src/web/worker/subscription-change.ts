/** The browser ended a subscription or made another one: Reveille is told, with the device secrets. */
import type { Devices } from "../devices.ts";
import type { DeviceApi, SubscriptionJson } from "../kit/kit.ts";
import { renewDevices } from "../renewal.ts";

/** A key as browsers take and give it. */
type Key = string | ArrayBuffer;

export interface SubscriptionEffects {
	devices: Devices;
	/** @throws where Reveille's address is not known */
	api(): Promise<DeviceApi>;
	now(): number;
	/** The subscription that there is. */
	current(): Promise<SubscriptionJson | undefined>;
	subscribe(key: Key): Promise<SubscriptionJson>;
	/** What browsers subscribe with; undefined: Web Push is off. @throws where Reveille does not answer */
	vapidPublicKey(): Promise<string | undefined>;
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
	await renewDevices({ devices, api: await api(), subscription, now });
	await tell({ kind: "changed" });
}

/** @returns undefined: Web Push is off */
async function subscribeAgain(
	formerKey: Key | undefined,
	{ vapidPublicKey, subscribe }: SubscriptionEffects,
): Promise<SubscriptionJson | undefined> {
	const key = formerKey ?? (await vapidPublicKey());
	return key === undefined ? undefined : subscribe(key);
}
