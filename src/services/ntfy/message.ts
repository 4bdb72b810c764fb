/**
 * What is published to a topic: a notification that ntfy's app shows as it is, since there is no other app that could
 * fetch the message.
 *
 * The format is ntfy's: `https://docs.ntfy.sh/publish/#publish-as-json`.
 */
import type { Push, PushClass } from "../../types.ts";
import { type Content, contentOf, fit } from "../content.ts";

/** How an app's notifications look. */
export interface NtfyLook {
	/** Shown where a push brings no text. */
	text: string;
	/** What a tap opens; the chat with the sender, if not given. */
	click?: string | undefined;
	/** In place of those of each class: names of emojis, or words. */
	tags?: readonly string[] | undefined;
}

/** The request's body. */
export interface NtfyMessage {
	topic: string;
	title?: string;
	message: string;
	/** 1 shows it at the end of the list and makes no sound; 5 vibrates for long. */
	priority: number;
	tags?: readonly string[];
	click?: string;
}

/** A longer message becomes an attachment, or is refused: ntfy's `message-size-limit`. Here for all of the JSON; bytes. */
const MAX_BODY = 4000;

/** Characters of a link: it must leave room for a text. */
const LONGEST_LINK = 500;

const LOOK: Readonly<Record<PushClass, { priority: number; tags: readonly string[] }>> = {
	voip: { priority: 5, tags: ["telephone_receiver"] }, // someone is waiting to be answered
	high: { priority: 4, tags: ["speech_balloon"] }, // someone wrote
	event: { priority: 3, tags: ["warning"] }, // the account changed
	low: { priority: 1, tags: [] }, // only where it was asked for
};

/**
 * The message of a push, at most 4000 bytes as JSON:
 *
 * ```json
 * {
 *   "topic": "wake-7Xb2",
 *   "title": "juliet@example.net",      // in a room: thirdwitch (coven@chat.example)
 *   "message": "Wherefore art thou…",   // or the app's text, with how many wait: New message (3)
 *   "priority": 4,
 *   "tags": ["speech_balloon"],
 *   "click": "xmpp:juliet@example.net?message"
 * }
 * ```
 *
 * Sender and text are there as far as the app's `include` lets them leave.
 */
export function ntfyMessage(topic: string, push: Push, look: NtfyLook): NtfyMessage {
	const write = (content: Content) => written(topic, content, look);
	const bytes = (content: Content) => new TextEncoder().encode(JSON.stringify(write(content))).length;
	return write(fit(contentOf(push.registration.node, push.notification), bytes, MAX_BODY));
}

function written(topic: string, content: Content, look: NtfyLook): NtfyMessage {
	const { sender, nickname, body, event, count = 0 } = content;
	const { priority, tags: usual } = LOOK[content.class];
	const { tags = usual, click = sender && chatWith(sender) } = look;
	const title = nickname !== undefined && sender !== undefined ? `${nickname} (${sender})` : sender;
	// ntfy shows "triggered" for an empty text.
	const text = body || event || (count > 1 ? `${look.text} (${count})` : look.text);
	return {
		topic,
		...(title !== undefined && { title }),
		message: text,
		priority,
		...(tags.length > 0 && { tags }),
		...(click && { click }),
	};
}

/** RFC 5122: an XMPP client on the phone opens it, without the resource. None where it would take the text's room. */
function chatWith(jid: string): string | undefined {
	const [bare = ""] = jid.split("/");
	const uri = `xmpp:${bare.toWellFormed().split("@").map(encodeURIComponent).join("@")}?message`;
	return uri.length <= LONGEST_LINK ? uri : undefined;
}
