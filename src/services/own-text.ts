/** Which pushes say something that no other push says. */
import { isOwnBody } from "../syntax/own-body.ts";
import type { Notification } from "../types.ts";

/** Whether it carries what only the device can read, of whichever protocol. */
export const isSealed = ({ encrypted, rfc8291 }: Notification): boolean =>
	encrypted !== undefined || rfc8291 !== undefined;

/**
 * Whether a push has a text of its own: another one, however new, does not say the same, and must not replace it.
 * Calls and events of the account have a rule of their own.
 * @param notification as it leaves
 */
export const hasOwnText = (notification: Notification): boolean =>
	(notification.class === "high" || notification.class === "low") &&
	(isSealed(notification) || isOwnBody(notification.body));
