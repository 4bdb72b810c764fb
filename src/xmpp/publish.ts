/** Reads a publish (XEP-0357 §7) as Prosody, ejabberd, Tigase and MongooseIM send it. */
import type { Element } from "@xmpp/xml";
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

/**
 * @param pubsub the `<pubsub/>` of an IQ set
 * @throws {MalformedPublish}
 */
export function parsePublish(pubsub: Element): Publish {
	const publish = pubsub.getChild("publish", NS.pubsub);
	if (!publish) throw new MalformedPublish("only <publish/> is served here (XEP-0357 §7)");
	const node = publish.attrs.node;
	if (typeof node !== "string" || node === "") throw new MalformedPublish("<publish/> has no node");
	const notification = publish.getChild("item", NS.pubsub)?.getChild("notification", NS.push);
	if (!notification)
		throw new MalformedPublish("the published item is no <notification xmlns='urn:xmpp:push:0'/>");
	const options = pubsub.getChild("publish-options", NS.pubsub)?.getChild("x", NS.dataForms);
	const form = options && readForm(options);
	const secret = singleValue(form, "secret");
	const pushModule = singleValue(form, "pushModule");
	return {
		node,
		...(secret !== undefined && { secret }),
		...(pushModule !== undefined && { pushModule }),
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
	const fields: { [K in keyof Notification]: Notification[K] | undefined } = {
		class: classOf(element, { body, encrypted, event }),
		count: wholeNumber(summary, "message-count"),
		pending: wholeNumber(summary, "pending-subscription-count"),
		sender: singleValue(summary, "last-message-sender"),
		body,
		nickname: element.getChild("groupchat", NS.tigaseGroupchat)?.getChildText("nickname") || undefined,
		encrypted,
		event: typeof event === "string" ? event : undefined,
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

/** Counts are for a badge: what does not fit one is as good as missing. */
function wholeNumber(summary: FormValues | undefined, name: string): number | undefined {
	const text = singleValue(summary, name);
	return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
