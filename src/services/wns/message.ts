/**
 * What is sent to WNS: a raw notification, which wakes the app's background task, or a toast, which Windows shows by
 * itself.
 */
import { inXml } from "../../syntax/xml-characters.ts";
import type { Push, PushClass } from "../../types.ts";
import type { AlertText } from "../alert.ts";
import { type Content, contentOf, fit } from "../content.ts";

/** How an app wants to be woken. */
export type WnsType = "raw" | "toast";

/** A notification, ready to be sent. */
export interface WnsMessage {
	type: WnsType;
	body: string;
}

/** WNS takes no more; bytes. */
const MAX_BODY = 5000;

/** What a toast would be wrong for goes as raw. */
const SHOWN: Readonly<Record<PushClass, boolean>> = {
	voip: true, // someone calls
	high: true, // someone wrote
	event: false, // the toast's text speaks of a message
	low: false, // not worth a sound
};

/**
 * The notification of a push, at most 5000 bytes. Raw is JSON, the object of a Web Push:
 *
 * ```json
 * { "node": "So-hxDY8…", "class": "high", "count": 3, "sender": "juliet@example.net", "body": "…" }
 * ```
 *
 * Only what the user's server published is there; `node` and `class` always are. A toast has the sender or the app's
 * text as its first line, the message's body or the app's text as its second, and opens the app with `node`.
 */
export function wnsMessage(push: Push, app: { type: WnsType; alert: AlertText }): WnsMessage {
	const type = SHOWN[push.notification.class] ? app.type : "raw";
	const write = (content: Content) => (type === "raw" ? JSON.stringify(content) : toast(content, app.alert));
	const content = contentOf(push.registration.node, push.notification);
	const bytes = (candidate: Content) => new TextEncoder().encode(write(candidate)).length;
	return { type, body: write(fit(content, bytes, MAX_BODY)) };
}

/**
 * A text that is a key is the name of a string in the app's resources, which Windows shows in the user's language.
 * `https://learn.microsoft.com/uwp/schemas/tiles/toastschema/schema-root`
 */
function toast({ node, sender, body }: Content, alert: AlertText): string {
	const text = "text" in alert ? alert.text : `ms-resource:${alert.locKey}`;
	const lines = [sender ?? text, body ?? (sender === undefined ? undefined : text)];
	const texts = lines.map((line) => (line === undefined ? "" : `<text>${escapeXml(line)}</text>`)).join("");
	const binding = `<binding template="ToastGeneric">${texts}</binding>`;
	return `<toast launch="${escapeXml(node)}"><visual>${binding}</visual></toast>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&apos;",
};

function escapeXml(text: string): string {
	return inXml(text).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
