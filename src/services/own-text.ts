/** Which pushes say something that no other push says. */
import type { Notification } from "../types.ts";

/** What servers say in place of a message's body: "New Message!" of Prosody, "New message" of ejabberd. */
const FIXED = /^\s*new message\s*[!.]?\s*$/i;

/** Whether a body is a message's own, and not what the server says of every message. */
const isOwnBody = (body: string | undefined): boolean =>
	body !== undefined && body !== "" && !FIXED.test(body);

/**
 * Whether a push has a text of its own: another one, however new, does not say the same, and must not replace it.
 * Calls and events of the account have a rule of their own.
 * @param notification as it leaves
 */
export const hasOwnText = ({ class: pushClass, encrypted, body }: Notification): boolean =>
	(pushClass === "high" || pushClass === "low") && (encrypted !== undefined || isOwnBody(body));
