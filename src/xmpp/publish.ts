/** Reads a publish (XEP-0357 §7) as Prosody, ejabberd, Tigase and MongooseIM send it. */
import type { Element } from "@xmpp/xml";
import { publishBounds } from "../limits/bounds/publishes.ts";
import { byItself, cutTo, cutToBytes } from "../limits/text-length.ts";
import { present } from "../syntax/present-fields.ts";
import type { Notification, PushClass } from "../types.ts";
import { readFormOf, singleValue } from "./forms.ts";
import { NS } from "./namespaces.ts";

export interface Publish {
	node: string;
	/** From publish-options, copied from what the client gave its server. */
	secret?: string;
	/** From publish-options too: the app, where a client hands in its token as the node. */
	pushModule?: string;
	/**
	 * Whether its server said how important it is (tigase:push:priority:0). `missing`: it did not, and what it published
	 * is encrypted, so that its class is no more than a guess. Undefined: its class follows from something else.
	 */
	tag?: "given" | "missing";
	notification: Notification;
}

/** A publish that cannot be read, with a sentence for the operator of the server that sent it. */
export class MalformedPublish extends Error {
	override name = "MalformedPublish";
}

/** No node and no token that stands for one is longer. */
export const LONGEST_NODE = publishBounds.node.is;

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
	const element = notificationIn(publish);
	if (!element)
		throw new MalformedPublish("the published item is no <notification xmlns='urn:xmpp:push:0'/>");
	const form = readFormOf(pubsub.getChild("publish-options", NS.pubsub), NS.publishOptions);
	return publishOf(
		{ node, secret: singleValue(form, "secret"), pushModule: singleValue(form, "pushModule") },
		saidIn(element),
	);
}

/** What of a publish is not what it says. */
export interface Addressed {
	/** Not empty, and no longer than what is read. */
	node: string;
	secret: string | undefined;
	pushModule: string | undefined;
}

export function publishOf({ node, secret, pushModule }: Addressed, said: Said): Publish {
	const { notification, tag } = notificationOf(said);
	// It is remembered for longer than the stanza.
	const publish: Publish = { node: byItself(node), notification };
	// What is longer is none of ours, and its beginning neither.
	if (secret !== undefined) publish.secret = cutTo(secret, publishBounds.secret.is);
	if (pushModule !== undefined) publish.pushModule = cutTo(pushModule, publishBounds.pushModule.is);
	if (tag !== undefined) publish.tag = tag;
	return publish;
}

/** In whichever item it is: a server may have published something of its own beside it. */
function notificationIn(publish: Element): Element | undefined {
	for (const item of publish.getChildren("item", NS.pubsub)) {
		const notification = item.getChild("notification", NS.push);
		if (notification) return notification;
	}
	return undefined;
}

/** Any part may be missing or empty: ejabberd sends no summary at all when a stanza had no body. */
export function parseNotification(element: Element): Notification {
	return notificationOf(saidIn(element)).notification;
}

/** What stands in a notification, as its server wrote it. */
export interface Said {
	/** Texts of the summary's fields; what is empty is missing. */
	count?: string | undefined;
	pending?: string | undefined;
	sender?: string | undefined;
	body?: string | undefined;
	nickname?: string | undefined;
	encrypted?: Notification["encrypted"];
	event?: unknown;
	priority?: "high" | "low" | undefined;
}

function saidIn(element: Element): Said {
	const summary = readFormOf(element, NS.pushSummary);
	return {
		count: singleValue(summary, "message-count"),
		pending: singleValue(summary, "pending-subscription-count"),
		sender: singleValue(summary, "last-message-sender"),
		body: singleValue(summary, "last-message-body"),
		nickname: element.getChild("groupchat", NS.tigaseGroupchat)?.getChildText("nickname") ?? undefined,
		encrypted: parseEncrypted(element),
		event: element.getChild("event", NS.tigaseEvent)?.attrs.name,
		priority: priorityOf(element),
	};
}

function notificationOf(said: Said): { notification: Notification; tag: Publish["tag"] } {
	const { body, nickname, encrypted, event, priority } = said;
	const sender = said.sender?.trim();
	const fields: { [K in keyof Notification]: Notification[K] | undefined } = {
		class: classOf(said),
		count: wholeNumber(said.count),
		pending: wholeNumber(said.pending),
		sender: sender !== undefined && isWithin(sender, publishBounds.sender.is) ? sender : undefined,
		body: body && cutToBytes(body, publishBounds.text.is),
		nickname: nickname ? cutToBytes(nickname, publishBounds.nickname.is) : undefined,
		encrypted: encrypted && isCarried(encrypted) ? encrypted : undefined,
		event: typeof event === "string" ? cutTo(event, publishBounds.event.is) : undefined,
	};
	const isGuess = !priority && encrypted && !body && fields.class === "high";
	return {
		notification: present(fields) as Notification,
		tag: priority ? "given" : isGuess ? "missing" : undefined,
	};
}

function classOf({ body, encrypted, event, priority }: Said): PushClass {
	if (event) return "event";
	if (encrypted?.type === "voip") return "voip";
	return priority ?? (body || encrypted ? "high" : "low");
}

/** What its server said of how important it is. */
function priorityOf(element: Element): "high" | "low" | undefined {
	const priority = element.getChildText("priority", NS.tigasePriority)?.trim();
	return priority === "high" || priority === "low" ? priority : undefined;
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

const COUNT = /^\d{1,9}$/;

/** Counts are for a badge: what does not fit one is as good as missing. */
function wholeNumber(said: string | undefined): number | undefined {
	const text = said?.trim();
	return text !== undefined && COUNT.test(text) ? Number(text) : undefined;
}
