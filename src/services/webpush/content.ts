/**
 * What a Web Push says: the JSON an app's service worker or UnifiedPush receiver finds after decrypting.
 *
 * A push is a wake-up: where the whole does not fit, the app gets less of it rather than nothing, and fetches the
 * rest from its archive.
 */
import type { Notification } from "../../types.ts";
import { type Content, contentOf, fit } from "../content.ts";
import { type Declarative, declarativeContent } from "./declarative.ts";
import { MAX_PLAINTEXT, OVERHEAD } from "./message-encryption.ts";

/**
 * The plaintext aimed at, bytes. A message may have 4096 encrypted, but Mozilla carries those for Firefox on
 * Android over FCM, which refuses above some 2.7 KB: text is cut to fit there. What cannot be cut (`encrypted`)
 * may use the full size, and a bridge that refuses it is sent a push without content.
 */
export const AIM = 2700 - OVERHEAD;

/**
 * The JSON of a notification, UTF-8, at most {@link MAX_PLAINTEXT} bytes:
 *
 * ```json
 * {
 *   "node": "So-hxDY8…",              // of the registration: which of the app's accounts is meant
 *   "class": "voip" | "event" | "high" | "low",
 *   "count": 3,                       // messages waiting
 *   "pending": 1,                     // subscription requests waiting
 *   "sender": "juliet@example.net",   // a JID
 *   "body": "Wherefore art thou…",    // an ellipsis at the end where it was cut
 *   "nickname": "thirdwitch",         // who wrote, in a room
 *   "event": "account-removed",
 *   "encrypted": { "data": "…", "iv": "…", "type": "…" }
 * }
 * ```
 *
 * Only what the user's server published is there; `node` and `class` always are.
 * @param declarative given: beside it the same for a browser that shows pushes by itself (declarative.ts)
 */
export function webPushContent(
	node: string,
	notification: Notification,
	declarative?: Declarative,
): Uint8Array<ArrayBuffer> {
	const encodeWith = (candidate: Content, encryptedToo: boolean) =>
		utf8(declarative ? declarativeContent(candidate, declarative, { encryptedToo }) : candidate);
	const content = contentOf(node, notification);
	const { body, nickname, sender, event, ...uncuttable } = content;
	const fits = (encryptedToo: boolean) => encodeWith(uncuttable, encryptedToo).length <= MAX_PLAINTEXT;
	// Looked at for what is encrypted alone: most pushes have nothing that is, and writing it out costs.
	const isEncrypted = content.encrypted !== undefined;
	const encryptedToo = isEncrypted && fits(true);
	const sealed = isEncrypted && (encryptedToo || fits(false));
	const encode = (candidate: Content) => encodeWith(candidate, encryptedToo);
	return encode(fit(content, (candidate) => encode(candidate).length, sealed ? MAX_PLAINTEXT : AIM));
}

function utf8(json: object): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(JSON.stringify(json));
}
