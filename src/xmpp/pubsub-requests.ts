/**
 * What we ask of a pubsub host (XEP-0060) where users' servers publish to nodes of ours there, and what it tells us.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import type { Notification } from "../types.ts";
import { NS } from "./namespaces.ts";
import { parseNotification } from "./publish.ts";

/** One published item of a node. */
export interface Item {
	node: string;
	/** XEP-0060 has every item carry one; without it nothing can be taken out of the node. */
	id: string | undefined;
	notification: Notification;
}

/**
 * How our nodes are: anybody may publish (who knows the node, which cannot be guessed), only we may read. What we
 * could not be told stays until we take it; ejabberd keeps ten at most.
 */
const CONFIGURATION: Readonly<Record<string, string>> = {
	"pubsub#access_model": "whitelist",
	"pubsub#publish_model": "open",
	"pubsub#persist_items": "1",
	"pubsub#max_items": "10",
	"pubsub#send_last_published_item": "never",
	"pubsub#deliver_payloads": "1",
	"pubsub#notify_retract": "0",
	"pubsub#notify_delete": "0",
	// Not to be kept for us where messages are: the node keeps it.
	"pubsub#notification_type": "headline",
};

/** The payload that creates a node (XEP-0060 §8.1.3). */
export function createNode(node: string): Element {
	return xml(
		"pubsub",
		{ xmlns: NS.pubsub },
		xml("create", { node }),
		xml("configure", {}, configuration(CONFIGURATION)),
	);
}

/** Lets only those publish who have an affiliation (XEP-0060 §8.2). */
export function closeNode(node: string): Element {
	const form = configuration({ ...CONFIGURATION, "pubsub#publish_model": "publishers" });
	return xml("pubsub", { xmlns: NS.pubsubOwner }, xml("configure", { node }, form));
}

/** XEP-0060 §8.9.2. @param affiliation Prosody knows no `publish-only` */
export function affiliate(
	node: string,
	affiliation: "publish-only" | "publisher",
	jids: readonly string[],
): Element {
	const affiliations = jids.map((jid) => xml("affiliation", { jid, affiliation }));
	return xml("pubsub", { xmlns: NS.pubsubOwner }, xml("affiliations", { node }, ...affiliations));
}

/** XEP-0060 §6.1. @param jid our own */
export const subscribe = (node: string, jid: string): Element =>
	xml("pubsub", { xmlns: NS.pubsub }, xml("subscribe", { node, jid }));

/** XEP-0060 §8.4. */
export const deleteNode = (node: string): Element =>
	xml("pubsub", { xmlns: NS.pubsubOwner }, xml("delete", { node }));

/** Asks for what the node kept (XEP-0060 §6.5). */
export const askForItems = (node: string): Element =>
	xml("pubsub", { xmlns: NS.pubsub }, xml("items", { node }));

/** Takes an item out of its node (XEP-0060 §7.2). */
export const retract = (node: string, id: string): Element =>
	xml("pubsub", { xmlns: NS.pubsub }, xml("retract", { node }, xml("item", { id })));

/** Asks which nodes we are subscribed to (XEP-0060 §5.6). */
export const askForSubscriptions = (): Element => xml("pubsub", { xmlns: NS.pubsub }, xml("subscriptions"));

/** The nodes that an answer to `askForSubscriptions` says we are subscribed to. @param jid our own */
export function subscribedNodes(answer: Element, jid: string): Set<string> {
	const list =
		answer.getChild("pubsub", NS.pubsub)?.getChild("subscriptions")?.getChildren("subscription") ?? [];
	return new Set(
		list.flatMap(({ attrs }) =>
			attrs.subscription === "subscribed" && attrs.jid === jid && typeof attrs.node === "string"
				? [attrs.node]
				: [],
		),
	);
}

/** The items in the answer to `askForItems`. */
export function keptItems(answer: Element): Item[] {
	const items = answer.getChild("pubsub", NS.pubsub)?.getChild("items");
	return items ? itemsOf(items) : [];
}

/** The items that a message tells of (XEP-0060 §7.1.2.1): empty where it tells of something else, such as a retraction. */
export function publishedItems(message: Element): Item[] {
	const items = message.getChild("event", NS.pubsubEvent)?.getChild("items");
	return items ? itemsOf(items) : [];
}

function itemsOf(items: Element): Item[] {
	const node = items.attrs.node;
	if (typeof node !== "string") return [];
	return items.getChildren("item").map((item) => {
		const notification = item.getChild("notification", NS.push);
		const id = item.attrs.id;
		return {
			node,
			// What takes it out repeats it: one that is too long stays.
			id: typeof id === "string" && id.length <= stanzaBounds.id.is ? id : undefined,
			// ejabberd tells a user's server of its own of a node that delivers no payloads alone: it wakes.
			notification: notification ? parseNotification(notification) : { class: "low" },
		};
	});
}

function configuration(fields: Readonly<Record<string, string>>): Element {
	return xml(
		"x",
		{ xmlns: NS.dataForms, type: "submit" },
		xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, NS.nodeConfig)),
		...Object.entries(fields).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
	);
}
