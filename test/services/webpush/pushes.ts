/**
 * Pushes for the tests of Web Push.
 */
import type { Notification, Push } from "../../../src/types.ts";
import type { WebPushDevice } from "../../peers/web-push-device.ts";

/** A push of this notification to this device, or to one without keys. */
export function pushTo(target: WebPushDevice | string, notification: Notification, ttlSeconds = 3600): Push {
	const device =
		typeof target === "string"
			? { token: target }
			: { token: target.subscription.endpoint, ...target.subscription.keys };
	const registration = {
		...device,
		node: "k1-node-that-nobody-may-learn",
		owner: "juliet@example.net",
		app: "default",
		device: "d1",
		registeredAt: 0,
		renewedAt: 0,
	};
	return { registration, notification, ttlSeconds };
}
