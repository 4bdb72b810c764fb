/** The own tag of a stanza that is too long to be read: who sent it, and its id. */
import { Element, unescapeXML } from "@xmpp/xml";

/** What begins a stanza. An XML declaration may stand before it (RFC 6120 §11.4). */
const BEGINNING = /^\s*(?:<\?xml\s[^>]*\?>\s*)?<([^\s/>!?]{1,64})(?=[\s/>])/;
const ATTRIBUTE = /\s{0,64}([^\s=>/"']{1,64})\s{0,64}=\s{0,64}(["'])/y;
/** Of these the beginning is enough: by it a stanza that the server repeats is known. */
const LONGEST_VALUE = 4096;
const MOST_ATTRIBUTES = 256;

export const isStanzaHead = ({ name }: Element) => name === "iq" || name === "message" || name === "presence";

/**
 * Reads the first tag of a text.
 * @returns it, with the beginnings of its attributes' values; undefined: there is none
 */
export function readHead(text: string): Element | undefined {
	const beginning = BEGINNING.exec(text.slice(0, 1024));
	if (!beginning) return undefined;
	const attrs: Record<string, string> = {};
	const attribute = new RegExp(ATTRIBUTE);
	attribute.lastIndex = beginning[0].length;
	for (let count = 0; count < MOST_ATTRIBUTES; count++) {
		const [, name = "", quote = ""] = attribute.exec(text) ?? [];
		if (name === "") break;
		const from = attribute.lastIndex;
		const end = text.indexOf(quote, from);
		if (end === -1) break;
		attrs[name] = beginningOf(text.slice(from, Math.min(end, from + LONGEST_VALUE)));
		attribute.lastIndex = end + 1;
	}
	return new Element(beginning[1] ?? "", attrs);
}

function beginningOf(raw: string): string {
	try {
		return unescapeXML(raw);
	} catch {
		// Cut within an entity.
		return raw;
	}
}
