/**
 * Pushes for the tests of APNs.
 */
import type { Device, Notification, Push } from "../../../src/types.ts";

/** As an iPhone has them. */
export const TOKEN = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
/** Of the same phone's PushKit channel. */
export const VOIP_TOKEN = "1111aaaaff785122b4ad28809a3420982341241421348097878e577c991de8f0";

/** A push of this notification to this device. */
export function pushTo(device: Device | string, notification: Notification, ttlSeconds = 3600): Push {
	const registration = {
		...(typeof device === "string" ? { token: device } : device),
		node: "k1-node-that-nobody-may-learn",
		owner: "juliet@example.net",
		app: "default",
		device: "d1",
		registeredAt: 0,
		renewedAt: 0,
	};
	return { registration, notification, ttlSeconds };
}
