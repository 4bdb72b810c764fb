/**
 * Keeps Reveille's knowledge of a browser fresh: subscriptions change and vanish without a word, so they are compared
 * at each opening of the page, and when the browser says that one changed.
 */
import type { Devices, OwnDevice } from "./devices.ts";
import { Fault } from "./kit/fault.ts";
import type { DeviceApi, SubscriptionJson } from "./kit/kit.ts";

/** ms: a registration is renewed this often, also where nothing changed. */
const RENEWED_EVERY = 24 * 60 * 60 * 1000;

const isDue = (device: OwnDevice, endpoint: string, now: number) =>
	!device.ended && (device.endpoint !== endpoint || now - device.renewedAt > RENEWED_EVERY);

/**
 * Tells Reveille the subscription of this browser, for each device that needs it. A device that is not there any more
 * is marked; what fails otherwise is tried at the next opening.
 */
export async function renewDevices(parts: {
	devices: Devices;
	api: DeviceApi;
	subscription: SubscriptionJson;
	now: () => number;
}): Promise<void> {
	const { devices, subscription, now } = parts;
	const due = (await devices.all()).filter((device) => isDue(device, subscription.endpoint, now()));
	for (const device of due) await renewOne(parts, device);
}

async function renewOne(
	{ devices, api, subscription, now }: Parameters<typeof renewDevices>[0],
	{ node, deviceSecret }: OwnDevice,
): Promise<void> {
	try {
		const key = await api.renew({ node, deviceSecret }, { subscription });
		const renewed = { ...key, endpoint: subscription.endpoint, renewedAt: now() };
		if (key.node === node) {
			await devices.change(node, (device) => ({ ...device, ...renewed }));
			return;
		}
		const device = await devices.get(node);
		if (device) await devices.replace(node, { ...device, ...renewed });
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		if (error.reason.kind === "ended") {
			await devices.change(node, (device) => ({ ...device, ended: { at: now(), why: "gone" } }));
		}
	}
}
