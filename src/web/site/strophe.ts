/** Questions over a connection of Strophe.js, which is Converse.js' too. */
import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { type IqCaller, NoAnswer, question, StanzaFailure } from "../kit/iq-caller.ts";
import { StreamEnded } from "../kit/stream-ended.ts";

/** An element of the document's. */
type DomElement = globalThis.Element;

/** `Strophe.Connection`, as far as it is used here. */
export interface StropheConnection {
	/** Of whoever is logged in. */
	jid: string | null;
	connected: boolean;
	authenticated: boolean;
	/** @param failed gets null where no answer came in time */
	sendIQ(
		stanza: DomElement,
		answered: (stanza: DomElement) => void,
		failed: (stanza: DomElement | null) => void,
		timeoutMs: number,
	): unknown;
}

export const isStrophe = (connection: unknown): connection is StropheConnection =>
	typeof (connection as StropheConnection | null)?.sendIQ === "function";

export function overStrophe(connection: StropheConnection): { jid: string; isOnline: boolean; iq: IqCaller } {
	const isOnline = () => connection.connected && connection.authenticated;

	function ask(stanza: Element, ms: number): Promise<Element> {
		return new Promise((resolve, reject) => {
			const failed = (answer: DomElement | null) => {
				if (answer) return reject(new StanzaFailure(elementOf(answer).getChild("error")));
				reject(isOnline() ? new NoAnswer() : new StreamEnded());
			};
			connection.sendIQ(domOf(stanza), (answer) => resolve(elementOf(answer)), failed, ms);
		});
	}

	return {
		jid: connection.jid ?? "",
		isOnline: isOnline(),
		iq: {
			async request(type, child, to, ms = webKitBounds.answerTime.is) {
				if (!isOnline()) throw new StreamEnded();
				const id = crypto.randomUUID();
				return ask(question(type, child, { id, to }), ms);
			},
		},
	};
}

const domOf = (element: Element): DomElement =>
	new DOMParser().parseFromString(String(element), "text/xml").documentElement;

function elementOf(node: DomElement): Element {
	const attributes = Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value]));
	const children = [...node.childNodes].flatMap((child): (Element | string)[] => {
		if (child.nodeType === child.ELEMENT_NODE) return [elementOf(child as DomElement)];
		const isText = child.nodeType === child.TEXT_NODE || child.nodeType === child.CDATA_SECTION_NODE;
		return isText ? [child.nodeValue ?? ""] : [];
	});
	return xml(node.localName, { ...attributes, xmlns: node.namespaceURI ?? undefined }, ...children);
}
