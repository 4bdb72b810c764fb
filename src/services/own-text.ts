/** Which pushes say something that no other push says. */
import { isOwnBody } from "../syntax/own-body.ts";
import type { Notification } from "../types.ts";

/**
 * Whether a push has a text of its own: another one, however new, does not say the same, and must not replace it.
 * Calls and events of the account have a rule of their own.
 * @param notification as it leaves
 */
export const hasOwnText = ({ class: pushClass, encrypted, body }: Notification): boolean =>
	(pushClass === "high" || pushClass === "low") && (encrypted !== undefined || isOwnBody(body));
