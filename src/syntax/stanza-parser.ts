/**
 * Reads stanzas out of a stream that comes in pieces (RFC 6120 §4), however it is cut, in a time that grows with its
 * length alone. What is too long, or has too much in it, is passed over to its end without being kept: whoever sends
 * a stanza decides what is in it, and the sender's server decides how long it may be.
 *
 * Comments, processing instructions and DTDs must not be sent (RFC 6120 §11.1): behind one of them nothing is read.
 *
 * The parser of xmpp.js keeps what never ends, and reads a text again with each of its pieces.
 */

import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { ReadElement } from "./read-element.ts";
import { type ReadFault, Unreadable } from "./read-fault.ts";
import { StanzaSkipper } from "./stanza-skipper.ts";
import { type Element, unescapeXML } from "./xml.ts";

/** What of one stanza is kept. */
interface Limits {
	/** Its length, UTF-16 units; one that is longer is passed over. */
	length: number;
	/** Elements and attributes, itself and its own among them. */
	parts: number;
	/** Texts and values of attributes together, UTF-16 units. */
	text: number;
}

/** Of what anybody may send. */
const STRANGERS: Limits = {
	length: stanzaBounds.taken.is,
	parts: stanzaBounds.parts.is,
	text: stanzaBounds.texts.is,
};

/** Of what a pubsub host answers to us: it may have to tell of a hundred thousand nodes. */
const AWAITED: Limits = {
	length: stanzaBounds.hostAnswerTaken.is,
	parts: stanzaBounds.hostAnswerParts.is,
	text: stanzaBounds.hostAnswerTaken.is,
};

const LONGEST_TEXT = stanzaBounds.text.is;
/** A tag that comes in pieces is read again with each of them. */
const LONGEST_TAG = stanzaBounds.tag.is;

export interface StanzaParserEvents {
	/** The header came, of a stream that has one. */
	onStart?(header: Element): void;
	/**
	 * A whole stanza, or another child of the header. Of one that has too much in it nothing is left but its own tag:
	 * it means nothing, but whoever sent it can be answered.
	 */
	onElement(element: Element): void;
	/** One that is too long is over. @param head its own tag; undefined: that is too long itself */
	onSkipped(head: Element | undefined): void;
	/** The stream's end came, of one that has a header. */
	onEnd?(): void;
	/** Nothing more can be read. */
	onFault(fault: ReadFault): void;
	/** @param head a stanza's own tag @returns whether it answers a request of ours; by default none does */
	isAwaited?(head: Element): boolean;
}

/** Reads whole stanzas of a kind that it knows, and must read the same in them. */
export interface StanzaScanner {
	/**
	 * @param at where a stanza begins
	 * @returns undefined: it is not whole, or another one
	 */
	scan(text: string, at: number, header: ReadElement | undefined): ReadElement | undefined;
	/** Where what it returned last ends. */
	readonly end: number;
}

const [QUOTE, APOSTROPHE, SLASH, LESS, EQUALS, GREATER] = [0x22, 0x27, 0x2f, 0x3c, 0x3d, 0x3e];
const CDATA = "<![CDATA[";
const DECLARATION = "<?xml";
/** More than the longest entity: `&#x10FFFF;`. */
const LONGEST_ENTITY = 12;
/** The end of a token has not come. */
const NOT_YET = -1;

const isBlank = (code: number) => code === 0x20 || (code >= 0x09 && code <= 0x0d);
/** Also at the end of the text, where there is no code. */
const endsName = (code: number) =>
	isBlank(code) || code === GREATER || code === SLASH || code === EQUALS || Number.isNaN(code);

export class StanzaParser {
	readonly #events: StanzaParserEvents;
	/** Whether the elements are children of a header, which the stream ends with. */
	readonly #hasHeader: boolean;
	readonly #scanner: StanzaScanner | undefined;
	#header: ReadElement | undefined;
	/** Nothing came but blanks: an XML declaration may stand here (RFC 6120 §11.4). */
	#isFirst = true;
	#isOver = false;

	/** What came of a token whose end did not come. */
	#held: string[] = [];
	#heldLength = 0;
	#token: "text" | "tag" | "cdata" = "text";
	/** How much came in all, and of that before the text that is looked at. */
	#received = 0;
	#before = 0;

	/** The element that is being read, the one in it that is open, and how deep that is. */
	#element: ReadElement | undefined;
	#cursor: ReadElement | undefined;
	#depth = 0;
	/** Where it began, counted like `#received`. */
	#beganAt = 0;
	#limits = STRANGERS;
	#parts = 0;
	#text = 0;
	#hasTooMuch = false;
	/** While the rest of it is passed over. */
	#skipper: StanzaSkipper | undefined;

	/** @param options.scanner what is asked before a stanza is read */
	constructor(
		events: StanzaParserEvents,
		{ hasHeader, scanner }: { hasHeader: boolean; scanner?: StanzaScanner },
	) {
		this.#events = events;
		this.#hasHeader = hasHeader;
		this.#scanner = scanner;
	}

	/** Whether all that came is read: no element is left open. */
	isWhole(): boolean {
		return !this.#cursor && !this.#skipper && this.#held.length === 0;
	}

	/** What comes next is a text of its own: a declaration may stand before it. */
	beginText(): void {
		this.#isFirst = true;
	}

	write(piece: string): void {
		if (this.#isOver) return;
		this.#received += piece.length;
		try {
			if (this.#skipper || this.#held.length === 0) this.#read(piece);
			// Otherwise the end of the token is not in this piece.
			else if (piece.includes(this.#token === "text" ? "<" : ">")) this.#read(this.#released() + piece);
			else this.#hold(piece);
		} catch (error) {
			if (!(error instanceof Unreadable)) throw error;
			this.#isOver = true;
			this.#held = [];
			this.#events.onFault(error.fault);
		}
	}

	#read(text: string) {
		this.#before = this.#received - text.length;
		for (let at = 0; at < text.length; ) {
			const next = this.#skipper ? this.#skip(this.#skipper, text, at) : this.#readToken(text, at);
			if (next === NOT_YET) {
				if (!this.#skipper) this.#hold(text.slice(at));
				return;
			}
			at = next;
		}
	}

	#hold(piece: string) {
		this.#held.push(piece);
		this.#heldLength += piece.length;
		const isLongTag = this.#token === "tag" && this.#heldLength > LONGEST_TAG;
		if (!isLongTag && this.#received - this.#beganAt <= this.#limits.length) return;
		const held = this.#released();
		// The header and the end of a stream are no stanzas.
		const isStanza = this.#element || ((this.#header || !this.#hasHeader) && /^<[^!/?]/.test(held));
		if (!isStanza) throw new Unreadable("policy-violation");
		this.#hasTooMuch = true;
		this.#skipper = new StanzaSkipper(this.#depth);
		this.#skipper.skip(held, 0);
	}

	#released(): string {
		const held = this.#held.join("");
		this.#held = [];
		this.#heldLength = 0;
		return held;
	}

	#skip(skipper: StanzaSkipper, text: string, from: number): number {
		const end = skipper.skip(text, from);
		if (end === -1) return NOT_YET;
		this.#skipper = undefined;
		this.#finish(end);
		return end;
	}

	#readToken(text: string, at: number): number {
		if (text.charCodeAt(at) !== LESS) return this.#readText(text, at);
		if (this.#scanner && !this.#cursor && (this.#header || !this.#hasHeader)) {
			const scanned = this.#scanner.scan(text, at, this.#header);
			if (scanned) {
				const { end } = this.#scanner;
				this.#isFirst = false;
				this.#events.onElement(scanned);
				return end;
			}
		}
		if (!this.#element) this.#begin(at);
		this.#token = "tag";
		switch (text.charAt(at + 1)) {
			case "":
				return NOT_YET;
			case "/":
				return this.#endTag(text, at);
			case "!":
				return this.#cdata(text, at);
			case "?":
				return this.#declaration(text, at);
			default:
				return this.#startTag(text, at);
		}
	}

	#begin(at: number) {
		this.#beganAt = this.#before + at;
		this.#limits = STRANGERS;
		this.#parts = 0;
		this.#text = 0;
		this.#hasTooMuch = false;
	}

	#readText(text: string, at: number): number {
		const end = text.indexOf("<", at);
		const cursor = this.#cursor;
		if (!cursor) {
			// Servers send blanks to find out whether the connection lives.
			const between = text.slice(at, end === -1 ? undefined : end);
			if (/[^ \t\r\n]/.test(between)) throw new Unreadable("not-well-formed");
			return end === -1 ? text.length : end;
		}
		this.#token = "text";
		if (end === -1) return NOT_YET;
		cursor.children.push(this.#kept(text.slice(at, end)));
		this.#strip();
		return end;
	}

	#cdata(text: string, at: number): number {
		if (!text.startsWith(CDATA, at)) {
			if (CDATA.startsWith(text.slice(at, at + CDATA.length))) return NOT_YET;
			throw new Unreadable("restricted-xml");
		}
		this.#token = "cdata";
		const from = at + CDATA.length;
		const end = text.indexOf("]]>", from);
		if (end === -1) return NOT_YET;
		if (!this.#cursor) throw new Unreadable("not-well-formed");
		const kept = text.slice(from, Math.min(end, from + LONGEST_TEXT));
		this.#text += kept.length;
		if (kept !== "") this.#cursor.children.push(kept);
		this.#strip();
		return end + 3;
	}

	#declaration(text: string, at: number): number {
		if (!this.#isFirst || this.#element) throw new Unreadable("restricted-xml");
		const end = text.indexOf(">", at);
		if (end === -1 && DECLARATION.startsWith(text.slice(at, at + DECLARATION.length))) return NOT_YET;
		if (!/^<\?xml\s[^>]*\?>$/.test(text.slice(at, end + 1))) throw new Unreadable("restricted-xml");
		this.#isFirst = false;
		return end + 1;
	}

	#endTag(text: string, at: number): number {
		const end = text.indexOf(">", at);
		if (end === -1) return NOT_YET;
		const name = text.slice(at + 2, end).trimEnd();
		const cursor = this.#cursor;
		if (cursor) {
			if (name !== cursor.name) throw new Unreadable("not-well-formed");
			this.#cursor = cursor.parent ?? undefined;
			if (--this.#depth === 0) this.#finish(end + 1);
		} else {
			if (name !== this.#header?.name) throw new Unreadable("not-well-formed");
			this.#isOver = true;
			this.#events.onEnd?.();
			return text.length;
		}
		return end + 1;
	}

	#startTag(text: string, at: number): number {
		const [parts, texts] = [this.#parts, this.#text];
		const nameEnd = nameEndIn(text, at + 1);
		if (nameEnd === at + 1) throw new Unreadable("not-well-formed");
		this.#parts++;
		const attrs: Record<string, string> = {};
		const end = this.#attributes(text, nameEnd, attrs);
		if (end === NOT_YET) {
			[this.#parts, this.#text] = [parts, texts];
			return NOT_YET;
		}
		const element = new ReadElement(text.slice(at + 1, nameEnd), attrs, this.#cursor ?? this.#header);
		this.#isFirst = false;
		const isEmpty = text.charCodeAt(end - 2) === SLASH;
		if (this.#hasHeader && !this.#header) {
			if (isEmpty) throw new Unreadable("not-well-formed");
			this.#header = element;
			this.#events.onStart?.(element);
		} else {
			this.#enter(element, { isEmpty, at, end });
		}
		return end;
	}

	/** @returns where the tag ends */
	#attributes(text: string, from: number, attrs: Record<string, string>): number {
		let at = from;
		for (;;) {
			while (isBlank(text.charCodeAt(at))) at++;
			const code = text.charCodeAt(at);
			if (code === GREATER) return at + 1;
			if (code === SLASH) {
				if (at + 1 === text.length) return NOT_YET;
				if (text.charCodeAt(at + 1) !== GREATER) throw new Unreadable("not-well-formed");
				return at + 2;
			}
			const nameEnd = nameEndIn(text, at);
			let value = nameEnd;
			while (isBlank(text.charCodeAt(value))) value++;
			if (value >= text.length) return NOT_YET;
			if (nameEnd === at || text.charCodeAt(value) !== EQUALS) throw new Unreadable("not-well-formed");
			do value++;
			while (isBlank(text.charCodeAt(value)));
			if (value >= text.length) return NOT_YET;
			const quote = text.charCodeAt(value);
			if (quote !== QUOTE && quote !== APOSTROPHE) throw new Unreadable("not-well-formed");
			const end = text.indexOf(quote === QUOTE ? '"' : "'", value + 1);
			if (end === -1) return NOT_YET;
			// The first ones are kept: a stanza's own say who sent it.
			if (++this.#parts <= this.#limits.parts && this.#text <= this.#limits.text) {
				attrs[text.slice(at, nameEnd)] = this.#kept(text.slice(value + 1, end));
			}
			at = end + 1;
		}
	}

	/** A start tag is whole. @param place where in the text it is */
	#enter(element: ReadElement, place: { isEmpty: boolean; at: number; end: number }) {
		const { isEmpty, at, end } = place;
		const cursor = this.#cursor;
		const isLongTag = end - at > LONGEST_TAG;
		if (isLongTag) this.#hasTooMuch = true;
		if (cursor) {
			cursor.children.push(element);
		} else if (!isLongTag) {
			this.#element = element;
			if (this.#events.isAwaited?.(element)) this.#limits = AWAITED;
		}
		if (!isEmpty) {
			this.#cursor = element;
			this.#depth++;
		}
		this.#strip();
		if (isEmpty && !cursor) this.#finish(end);
	}

	/** Passes over the rest of what has too much in it. */
	#strip() {
		if (this.#parts > this.#limits.parts || this.#text > this.#limits.text) this.#hasTooMuch = true;
		if (this.#hasTooMuch && this.#depth > 0) this.#skipper = new StanzaSkipper(this.#depth);
	}

	/** @param end where in the text the element is over */
	#finish(end: number) {
		const element = this.#element;
		const length = this.#before + end - this.#beganAt;
		this.#element = undefined;
		this.#cursor = undefined;
		this.#depth = 0;
		const isTooLong = length > this.#limits.length;
		// Whoever waits for an answer is told that there is none.
		if (!element || (isTooLong && this.#limits === STRANGERS)) return this.#events.onSkipped(element);
		if (this.#hasTooMuch || isTooLong) {
			element.children = [];
			// What is left of an answer answers nothing.
			if (element.attrs.type === "result") element.attrs.type = "error";
		}
		this.#events.onElement(element);
	}

	/** What is kept of a text, as its sender wrote it: cut where it is too long, though not within an entity. */
	#kept(raw: string): string {
		let text = raw;
		if (raw.length > LONGEST_TEXT) {
			const entity = raw.lastIndexOf("&", LONGEST_TEXT - 1);
			const isCut = entity >= LONGEST_TEXT - LONGEST_ENTITY && raw.indexOf(";", entity) >= LONGEST_TEXT;
			text = raw.slice(0, isCut ? entity : LONGEST_TEXT);
		}
		this.#text += text.length;
		if (!text.includes("&")) return text;
		try {
			return unescapeXML(text);
		} catch {
			// An entity or a character that XML does not have.
			throw new Unreadable("not-well-formed");
		}
	}
}

/** Where the name that begins there ends; the text's end too is one. */
function nameEndIn(text: string, from: number): number {
	let at = from;
	while (!endsName(text.charCodeAt(at))) at++;
	return at;
}
