/**
 * What is sent to FCM: a message of data alone, which wakes the app and shows nothing by itself.
 */
import type { App, Push, PushClass } from "../../types.ts";
import { type HiddenName, webCryptoHiddenName } from "../collapse-key.ts";
import { type Content, contentOf, fit } from "../content.ts";
import { hasOwnText } from "../own-text.ts";
import { payloadForm } from "../payload-form.ts";
import { timeToLive } from "../time-to-live.ts";
import { conversationsData } from "./conversations-data.ts";

/** A message of HTTP v1, as far as it is used here. */
export interface FcmMessage {
	token: string;
	data: Record<string, string>;
	android: { priority: "HIGH" | "NORMAL"; ttl?: string; collapse_key?: string };
}

/** The whole request's bytes: FCM counts 4096 of data, so keys, token and options take theirs from it too. */
const MAX_BODY = 4096;

/** HIGH wakes a dozing device at once; NORMAL waits until it is awake anyway. */
const PRIORITY: Readonly<Record<PushClass, "HIGH" | "NORMAL">> = {
	voip: "HIGH", // someone is waiting to be answered
	high: "HIGH", // someone wrote
	event: "HIGH", // the account changed: rare, and the user must act
	low: "NORMAL",
};

/**
 * Of the messages with one key FCM keeps the newest while the device is away. It keeps at most four keys for a
 * device, dropping others by chance; and of messages without a key a hundred, dropping all at the next, which few
 * apps notice. So nothing that may come often goes without a key, and the keys are used where a loss would hurt:
 *
 * - `high`: one for each registration, since an app woken for one account may not look at the others (Conversations
 *   does not).
 * - `low`: one for the device. What it tells of can wait until the app is opened, which looks at everything.
 * - `voip` and `event`: none. They are rare, and never replaced.
 * - What says something of its own (own-text.ts): none. Each is worth showing, and they come no more often than one a
 *   second.
 *
 * So three accounts on one phone lose nothing. With more FCM keeps four of their keys, as it would with any others.
 */
async function collapseKeyOf(
	{ registration, notification }: Push,
	hiddenName: HiddenName,
): Promise<string | undefined> {
	switch (notification.class) {
		case "high":
			return `high-${await hiddenName(registration.node, 6)}`;
		case "low":
			return "low";
		case "voip":
		case "event":
			return undefined;
	}
}

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
 *   "encrypted": "{\"data\":\"…\",\"iv\":\"…\",\"type\":\"…\"}", // JSON: the same object as in a Web Push
 *   "rfc8291": "bW9vbg…"              // Push 2.0: the body of a Web Push, base64, for the device alone
 * }
 * ```
 *
 * Only what the user's server published is there; `node` and `class` always are. FCM reserves `from`,
 * `message_type` and all that begins with `gcm` or `google`: none is used. An app that expects Conversations' form
 * gets a {@link conversationsData} instead.
 * @param payload the app's setting
 */
export async function fcmMessage(
	push: Push,
	payload?: App["payload"],
	hiddenName: HiddenName = webCryptoHiddenName,
): Promise<FcmMessage> {
	const isForConversations = payloadForm(payload, push.registration, "conversations") === "conversations";
	const { rfc8291 } = push.notification;
	// Conversations' form carries no text but Push 2.0's: without it they are all the same.
	const standsForItself = (!isForConversations || rfc8291 !== undefined) && hasOwnText(push.notification);
	const collapseKey = standsForItself ? undefined : await collapseKeyOf(push, hiddenName);
	const message = (data: Record<string, string>) => messageOf(push, data, collapseKey);
	if (isForConversations) {
		const data = await conversationsData(push.registration);
		const sealed = rfc8291 === undefined ? undefined : message({ ...data, rfc8291 });
		return sealed && bytesOf(sealed) <= MAX_BODY ? sealed : message(data);
	}
	const content = contentOf(push.registration.node, push.notification);
	const whole = message(dataOf(content));
	if (bytesOf(whole) <= MAX_BODY) return whole;
	return message(dataOf(fit(content, (candidate) => bytesOf(message(dataOf(candidate))), MAX_BODY)));
}

/** Data without which an app would not know what to do. */
const NEEDED: readonly string[] = ["node", "class", "account", "channel"];

/** The least that still wakes: nothing in it but what every message has, so that only the token can be wrong. */
export function minimalMessage({ token, data, android: { priority } }: FcmMessage): FcmMessage {
	const needed = Object.entries(data).filter(([key]) => NEEDED.includes(key));
	return { token, data: Object.fromEntries(needed), android: { priority } };
}

function messageOf(push: Push, data: Record<string, string>, collapseKey: string | undefined): FcmMessage {
	return {
		token: push.registration.token,
		data,
		android: {
			priority: PRIORITY[push.notification.class],
			ttl: `${timeToLive(push.ttlSeconds)}s`,
			...(collapseKey !== undefined && { collapse_key: collapseKey }),
		},
	};
}

function dataOf(content: Content): Record<string, string> {
	const data: Record<string, string> = {};
	for (const key in content) {
		const value = content[key as keyof Content];
		data[key] = typeof value === "object" ? JSON.stringify(value) : String(value);
	}
	return data;
}

/** The request's body. */
export function bodyOf(message: FcmMessage): string {
	return JSON.stringify({ message });
}

/** No less than the bytes of its body, and exactly those where that may be too much. */
function bytesOf(message: FcmMessage): number {
	const most = mostBytesOf(message);
	return most <= MAX_BODY ? most : new TextEncoder().encode(bodyOf(message)).length;
}

/** All of it but what differs from one to another: names, braces, quotes, options. Bytes, and some to spare. */
const AROUND = 256;

/** What it can take at the most, without making it: JSON has at most six bytes for what a string counts as one. */
function mostBytesOf({ token, data, android: { collapse_key = "" } }: FcmMessage): number {
	let units = token.length + collapse_key.length;
	let fields = 0;
	let plain = 0;
	for (const key in data) {
		const { length } = data[key] ?? "";
		// Base64 has nothing that is escaped.
		if (key === "rfc8291") plain += length;
		else units += key.length + length;
		fields++;
	}
	return AROUND + 6 * units + 6 * fields + plain;
}
