/**
 * What a Web Push says: the JSON an app's service worker or UnifiedPush receiver finds after decrypting.
 *
 * A push is a wake-up: where the whole does not fit, the app gets less of it rather than nothing, and fetches the
 * rest from its archive.
 */
import type { Notification } from "../types.ts";
import { MAX_PLAINTEXT, OVERHEAD } from "./message-encryption.ts";

/**
 * The plaintext aimed at, bytes. A message may have 4096 encrypted, but Mozilla carries those for Firefox on
 * Android over FCM, which refuses above some 2.7 KB: text is cut to fit there. What cannot be cut (`encrypted`)
 * may use the full size, and a bridge that refuses it is sent a push without content.
 */
const AIM = 2700 - OVERHEAD;

const ELLIPSIS = "…";

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
 * Only what the user's server published is there; `node` and `class` always are. What does not fit goes in this order: the
 * end of `body`, `nickname`, `sender`, `event`. `encrypted` too large by itself goes first and whole, since a
 * part of it is nothing.
 */
export function webPushContent(node: string, notification: Notification): Uint8Array<ArrayBuffer> {
	const { class: pushClass, count, pending, sender, body, nickname, event, encrypted } = notification;
	const fixed = { node, class: pushClass, count, pending };
	const sealed = encrypted !== undefined && size({ ...fixed, encrypted }) <= MAX_PLAINTEXT;
	const limit = sealed ? MAX_PLAINTEXT : AIM;
	const kept = sealed ? { ...fixed, encrypted } : fixed;
	const whole = { ...kept, sender, body, nickname, event };
	if (size(whole) <= limit) return encode(whole);
	const bare = { ...whole, body: undefined };
	const beginning = body === undefined ? undefined : cut(body, limit - size({ ...bare, body: "" }));
	const less = [{ ...bare, body: beginning }, { ...bare, nickname: undefined }, { ...kept, event }, kept];
	return encode(less.find((candidate) => size(candidate) <= limit) ?? fixed);
}

/**
 * The beginning of a text that takes at most `budget` bytes as JSON, ellipsis included, ending between two
 * characters as people see them (UAX #29).
 * @returns undefined if not even the ellipsis fits
 */
function cut(text: string, budget: number): string | undefined {
	const room = budget - size(ELLIPSIS) + 2; // one pair of quotes is in the budget
	if (room < 0) return undefined;
	let fits = 0;
	// A UTF-16 unit takes a byte or more, so no more of them than bytes can fit.
	for (let tooMany = Math.min(text.length, room) + 1; tooMany - fits > 1; ) {
		const middle = (fits + tooMany) >> 1;
		if (size(text.slice(0, middle)) - 2 <= room) fits = middle;
		else tooMany = middle;
	}
	// Whether a character ends at `fits` shows in the code point after it.
	const seen = text.slice(0, fits + 2);
	const boundary = new Intl.Segmenter().segment(seen).containing(fits)?.index ?? fits;
	return text.slice(0, boundary) + ELLIPSIS;
}

/** Bytes of a value as JSON. */
function size(value: unknown): number {
	return encode(value).length;
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(JSON.stringify(value));
}
