/** What clients call the push services: in mod_push's and p2's commands, and in mod_push_appserver's `type`. */
import type { ServiceName } from "../types.ts";

export const SERVICE_NAMES: ReadonlyMap<string, ServiceName> = new Map([
	["apns", "apns"],
	// Google's older name: the service ended, its tokens are FCM's.
	["gcm", "fcm"],
	["fcm", "fcm"],
	["mozilla", "webpush"],
	["webpush", "webpush"],
	["unifiedpush", "webpush"],
	["ubuntu", "ubuntu"],
	["wns", "wns"],
]);
