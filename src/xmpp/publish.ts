/** Reads a publish (XEP-0357 §7) as Prosody, ejabberd, Tigase and MongooseIM send it. */
import type { Element } from "@xmpp/xml";
import { publishBounds } from "../limits/bounds/publishes.ts";
import { cutTo, cutToBytes } from "../limits/cut.ts";
import { present } from "../present.ts";
import type { Notification, PushClass } from "../types.ts";
import { type FormValues, readForm, singleValue } from "./forms.ts";
import { NS } from "./namespaces.ts";

export interface Publish {
	node: string;
	/** From publish-options, copied from what the client gave its server. */
	secret?: string;
	/** From publish-options too: the app, where a client hands in its token as the node. */
	pushModule?: string;
	notification: Notification;
}

/** A publish that cannot be read, with a sentence for the operator of the server that sent it. */
export class MalformedPublish extends Error {
	override name = "MalformedPublish";
}

/** No node and no token that stands for one is longer. */
const LONGEST_NODE = publishBounds.node.is;

/**
 * Reads a publish. Of its texts no more is kept than a push can carry.
 * @param pubsub the `<pubsub/>` of an IQ set
 * @throws {MalformedPublish}
 */
export function parsePublish(pubsub: Element): Publish {
	const publish = pubsub.getChild("publish", NS.pubsub);
	if (!publish) throw new MalformedPublish("only <publish/> is served here (XEP-0357 §7)");
	const node = publish.attrs.node;
	if (typeof node !== "string" || node === "") throw new MalformedPublish("<publish/> has no node");
	if (node.length > LONGEST_NODE)
		throw new MalformedPublish(`the node has more than ${LONGEST_NODE} characters`);
	const notification = publish.getChild("item", NS.pubsub)?.getChild("notification", NS.push);
	if (!notification)
		throw new MalformedPublish("the published item is no <notification xmlns='urn:xmpp:push:0'/>");
	const options = pubsub.getChild("publish-options", NS.pubsub)?.getChild("x", NS.dataForms);
	const form = options && readForm(options);
	const secret = singleValue(form, "secret");
	const pushModule = singleValue(form, "pushModule");
	return {
		node,
		// What is longer is none of ours, and its beginning neither.
		...(secret !== undefined && { secret: cutTo(secret, publishBounds.secret.is) }),
		...(pushModule !== undefined && { pushModule: cutTo(pushModule, publishBounds.pushModule.is) }),
		notification: parseNotification(notification),
	};
}

/** Any part may be missing or empty: ejabberd sends no summary at all when a stanza had no body. */
export function parseNotification(element: Element): Notification {
	const x = element.getChild("x", NS.dataForms);
	const summary = x && readForm(x);
	const encrypted = parseEncrypted(element);
	const event = element.getChild("event", NS.tigaseEvent)?.attrs.name;
	const body = singleValue(summary, "last-message-body");
	const sender = singleValue(summary, "last-message-sender");
	const nickname = element.getChild("groupchat", NS.tigaseGroupchat)?.getChildText("nickname");
	const fields: { [K in keyof Notification]: Notification[K] | undefined } = {
		class: classOf(element, { body, encrypted, event }),
		count: wholeNumber(summary, "message-count"),
		pending: wholeNumber(summary, "pending-subscription-count"),
		sender: sender !== undefined && isWithin(sender, publishBounds.sender.is) ? sender : undefined,
		body: body && cutToBytes(body, publishBounds.text.is),
		nickname: nickname ? cutToBytes(nickname, publishBounds.nickname.is) : undefined,
		encrypted: encrypted && isCarried(encrypted) ? encrypted : undefined,
		event: typeof event === "string" ? cutTo(event, publishBounds.event.is) : undefined,
	};
	return present(fields) as Notification;
}

function classOf(
	element: Element,
	{ body, encrypted, event }: { body?: unknown; encrypted?: Notification["encrypted"]; event?: unknown },
): PushClass {
	if (event) return "event";
	if (encrypted?.type === "voip") return "voip";
	const priority = element.getChildText("priority", NS.tigasePriority);
	if (priority === "high" || priority === "low") return priority;
	return body || encrypted ? "high" : "low";
}

/** tigase:push:encrypt:0: the content is for the device only, so nothing in it is looked at. */
function parseEncrypted(element: Element): Notification["encrypted"] {
	const encrypted = element.getChild("encrypted", NS.tigaseEncrypt);
	const iv = encrypted?.attrs.iv;
	if (!encrypted || typeof iv !== "string") return undefined;
	const type = encrypted.attrs.type;
	return { data: encrypted.getText(), iv, ...(typeof type === "string" ? { type } : {}) };
}

/** A part of it would be nothing to the device. */
const isCarried = ({ data, iv, type = "" }: NonNullable<Notification["encrypted"]>) =>
	isWithin(data, publishBounds.encrypted.is) &&
	isWithin(`${iv}${type}`, publishBounds.encryptedParameters.is);

const isWithin = (text: string, bytes: number) => cutToBytes(text, bytes).length === text.length;

/** Counts are for a badge: what does not fit one is as good as missing. */
function wholeNumber(summary: FormValues | undefined, name: string): number | undefined {
	const text = singleValue(summary, name);
	return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
