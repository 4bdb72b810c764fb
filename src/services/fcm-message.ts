/**
 * What is sent to FCM: a message of data alone, which wakes the app and shows nothing by itself.
 */
import type { Push, PushClass } from "../types.ts";
import { type Content, contentOf, fit } from "./content.ts";

/** A message of HTTP v1, as far as it is used here. */
export interface FcmMessage {
	token: string;
	data: Record<string, string>;
	android: { priority: "HIGH" | "NORMAL"; ttl?: string; collapse_key?: string };
}

/** The whole request's bytes: FCM counts 4096 of data, so keys, token and options take theirs from it too. */
const MAX_BODY = 4096;
/** FCM takes no longer; four weeks, in seconds. */
const MAX_TTL_S = 4 * 7 * 24 * 60 * 60;

/** HIGH wakes a dozing device at once; NORMAL waits until it is awake anyway. */
const PRIORITY: Readonly<Record<PushClass, "HIGH" | "NORMAL">> = {
	voip: "HIGH", // someone is waiting to be answered
	high: "HIGH", // someone wrote
	event: "HIGH", // the account changed: rare, and the user must act
	low: "NORMAL",
};

/**
 * Of the messages with one key FCM keeps the newest while the device is away, and it keeps at most four keys for a
 * device, dropping others by chance. So a key is a class, not a registration: two accounts of one app share it, and
 * an app woken after an absence looks at all of its accounts. Calls and events are never replaced.
 */
const COLLAPSE_KEY: Readonly<Partial<Record<PushClass, string>>> = { high: "high", low: "low" };

/**
 * The message of a push, at most 4096 bytes with all around it. Its data, all strings:
 *
 * ```json
 * {
 *   "node": "So-hxDY8…",              // of the registration: which of the app's accounts is meant
 *   "class": "voip" | "event" | "high" | "low",
 *   "count": "3",                     // messages waiting
 *   "pending": "1",                   // subscription requests waiting
 *   "sender": "juliet@example.net",   // a JID
 *   "body": "Wherefore art thou…",    // an ellipsis at the end where it was cut
 *   "nickname": "thirdwitch",         // who wrote, in a room
 *   "event": "account-removed",
 *   "encrypted": "{\"data\":\"…\",\"iv\":\"…\",\"type\":\"…\"}"  // JSON: the same object as in a Web Push
 * }
 * ```
 *
 * Only what the user's server published is there; `node` and `class` always are. FCM reserves `from`,
 * `message_type` and all that begins with `gcm` or `google`: none is used.
 */
export function fcmMessage(push: Push): FcmMessage {
	const content = contentOf(push.registration.node, push.notification);
	return messageOf(
		push,
		fit(content, (candidate) => bytesOf(messageOf(push, candidate)), MAX_BODY),
	);
}

/** The least that still wakes: nothing in it but what every message has, so that only the token can be wrong. */
export function minimalMessage(push: Push): FcmMessage {
	const { node, token } = push.registration;
	const pushClass = push.notification.class;
	return { token, data: { node, class: pushClass }, android: { priority: PRIORITY[pushClass] } };
}

function messageOf(push: Push, content: Content): FcmMessage {
	const ttl = Math.min(Math.max(Math.floor(push.ttlSeconds), 0), MAX_TTL_S);
	const collapseKey = COLLAPSE_KEY[push.notification.class];
	return {
		token: push.registration.token,
		data: dataOf(content),
		android: {
			priority: PRIORITY[push.notification.class],
			ttl: `${ttl}s`,
			...(collapseKey !== undefined && { collapse_key: collapseKey }),
		},
	};
}

function dataOf(content: Content): Record<string, string> {
	return Object.fromEntries(
		Object.entries(content).map(([key, value]) => [
			key,
			typeof value === "object" ? JSON.stringify(value) : String(value),
		]),
	);
}

/** The request's body. */
export function bodyOf(message: FcmMessage): string {
	return JSON.stringify({ message });
}

function bytesOf(message: FcmMessage): number {
	return new TextEncoder().encode(bodyOf(message)).length;
}
