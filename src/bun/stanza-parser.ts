/**
 * Reads stanzas out of a stream that comes in pieces (RFC 6120 §4), whatever the pieces and the stanzas are like.
 *
 * The parser beneath throws at what is no XML and is of no use afterwards, takes the whole stream for a comment after
 * a DOCTYPE, keeps what never ends, and looks at a text again with each of its characters while its end has not
 * come: a megabyte took it over a second.
 */
import { type Element, Parser } from "@xmpp/xml";

/**
 * What cannot be a stanza any more, UTF-16 units. Servers take less from users: Prosody and ejabberd 512 KiB at the
 * most, Tigase 10 MB; and a pubsub host tells of 100,000 nodes in about as much.
 */
export const LONGEST_STANZA = 16 * 1024 * 1024;

/** An element takes some 250 bytes here and may be 4 there: of a stanza with more than so many, the rest is not kept. */
export const MOST_ELEMENTS = 200_000;

/** Why nothing more can be read: the condition of a stream error (RFC 6120 §4.9.3). */
export type ReadFault = "not-well-formed" | "restricted-xml" | "policy-violation";

export interface StanzaParserEvents {
	/** The stream's header came. */
	onStart(header: Element): void;
	/** A whole stanza, or another child of the stream's header. */
	onElement(element: Element): void;
	/** The stream's end came. */
	onEnd(): void;
	/** Nothing more can be read. */
	onFault(fault: ReadFault): void;
}

export interface StanzaParser {
	write(text: string): void;
}

/** The parser, keeping no more of a stanza than there is room for. */
class BoundedParser extends Parser {
	#elements = 0;
	/** How many elements that are not kept are open, one in another. */
	#left = 0;

	override onStartElement(name: string, attrs?: Record<string, string>) {
		if (!this.cursor || this.cursor === this.root) this.#elements = 0;
		if (++this.#elements <= MOST_ELEMENTS) super.onStartElement(name, attrs);
		else this.#left++;
	}

	override onEndElement(name: string) {
		if (this.#left > 0) this.#left--;
		else super.onEndElement(name);
	}

	override onText(text: string) {
		if (this.#left === 0) super.onText(text);
	}

	/** A stanza of which a part is missing means nothing: what is left of it is whom to answer. */
	strip(stanza: Element) {
		if (this.#elements <= MOST_ELEMENTS) return;
		stanza.children = [];
		if (stanza.attrs.type === "result") stanza.attrs.type = "error";
	}
}

const CDATA = "<![CDATA[";

/** A text without the XML declaration that it may begin with (RFC 6120 §11.4). */
export const withoutDeclaration = (text: string) => text.replace(/^\s*<\?xml\b[^>]*\?>/, "");

/**
 * Looks for comments, processing instructions and DTDs, which must not be sent (RFC 6120 §11.1). What it returns is
 * given a stream's pieces in order, none of which ends within markup.
 */
export function createRestriction(): (text: string) => boolean {
	// There anything may stand, and servers pass on what users wrote so.
	let isInCdata = false;
	return (text) => {
		for (let at = 0; ; ) {
			if (isInCdata) {
				const end = text.indexOf("]]>", at);
				if (end === -1) return false;
				at = end + 3;
				isInCdata = false;
			}
			const cdata = text.indexOf(CDATA, at);
			const markup = text.slice(at, cdata === -1 ? undefined : cdata);
			if (markup.includes("<!") || markup.includes("<?")) return true;
			if (cdata === -1) return false;
			at = cdata + CDATA.length;
			isInCdata = true;
		}
	};
}

export function createStanzaParser(events: StanzaParserEvents): StanzaParser {
	const parser = new BoundedParser();
	const isRestricted = createRestriction();
	/** What came after the last `>`: no tag ends in it. */
	let held: string[] = [];
	/** How much came since the last stanza's end; some more where that is in the middle of a piece. */
	let unfinished = 0;
	let isOver = false;
	let isFirst = true;

	// Behind a fault the parser reads on, to the end of the piece: what it finds there is nobody's word.
	parser.on("start", (header: Element) => {
		if (!isOver) events.onStart(header);
	});
	parser.on("element", (element: Element) => {
		if (isOver) return;
		unfinished = 0;
		parser.strip(element);
		events.onElement(element);
	});
	parser.on("end", () => {
		if (!isOver) events.onEnd();
	});
	parser.on("error", () => fault("not-well-formed"));

	function fault(found: ReadFault) {
		if (isOver) return;
		isOver = true;
		held = [];
		events.onFault(found);
	}

	function parse(text: string) {
		// The header comes after a declaration; stanzas may come in one piece with both.
		const markup = isFirst ? withoutDeclaration(text) : text;
		isFirst = false;
		if (isRestricted(markup)) return fault("restricted-xml");
		try {
			parser.write(text);
		} catch {
			// An entity or a character that XML does not have; the end of what did not begin.
			fault("not-well-formed");
		}
	}

	return {
		write(text) {
			if (isOver) return;
			unfinished += text.length;
			const end = text.lastIndexOf(">") + 1;
			if (end > 0) {
				const whole = held.length > 0 ? held.join("") + text.slice(0, end) : text.slice(0, end);
				held = [];
				parse(whole);
			}
			if (end < text.length) held.push(end > 0 ? text.slice(end) : text);
			if (unfinished > LONGEST_STANZA) fault("policy-violation");
		},
	};
}
