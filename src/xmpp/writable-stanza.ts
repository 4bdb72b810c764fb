/** Stanzas of ours that every server can read. */
import type { Element, Node } from "@xmpp/xml";
import { inXml } from "../syntax/xml-characters.ts";

/**
 * Takes out of an element of ours what XML cannot hold: names of devices come over HTTP too, and reasons from push
 * services. A server ends the stream at such a character.
 * @returns the same element
 */
export function writable(element: Element): Element {
	const { attrs, children } = element;
	for (const name in attrs) if (typeof attrs[name] === "string") attrs[name] = inXml(attrs[name]);
	element.children = children.map(writableNode);
	return element;
}

const writableNode = (node: Node): Node => {
	if (typeof node === "string") return inXml(node);
	return typeof node === "object" ? writable(node) : node;
};
