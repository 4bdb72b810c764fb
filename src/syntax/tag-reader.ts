/**
 * Reads tags and texts straight out of the text, one after the other, without an element for each of them: whoever reads
 * says what it expects next. What is not expected ends the reading: it is handed over to whoever reads anything.
 */
import { unescapeXML } from "./xml.ts";

/** UTF-16 units: far less than what the parser keeps of a text, a tag and a stanza. */
const LONGEST = 16_384;
/** Of the name of an attribute. */
const LONGEST_NAME = 16;

const [BLANK, QUOTE, APOSTROPHE, SLASH, EQUALS, GREATER] = [0x20, 0x22, 0x27, 0x2f, 0x3d, 0x3e];
const [A, Z, COLON] = [0x61, 0x7a, 0x3a];

/** The attributes that may stand in a stanza's own tag (RFC 6120 §8.1). */
export const OF_STANZA: readonly string[] = ["type", "from", "to", "id", "xmlns", "xml:lang"];
const OF_NAMESPACE: readonly string[] = ["xmlns"];

/** Something that is not expected. */
class HandedOver extends Error {}
const HAND_OVER = new HandedOver();

/** Ends the reading. */
export function handOver(): never {
	throw HAND_OVER;
}

export class TagReader {
	#text = "";
	#at = 0;
	/** Behind it nothing is looked at that takes longer than to find its end. */
	#last = 0;
	#isEmpty = false;

	/** Where the reading has come to. */
	get at(): number {
		return this.#at;
	}

	/** Whether the tag that was read last is an empty one. */
	get isEmpty(): boolean {
		return this.#isEmpty;
	}

	/**
	 * Reads something.
	 * @param at where it begins
	 * @param expect reads all of it
	 * @returns undefined: it is not whole, too long, or another one
	 */
	read<T>(text: string, at: number, expect: () => T): T | undefined {
		this.#text = text;
		this.#at = at;
		this.#last = at + LONGEST;
		try {
			const found = expect();
			return this.#at > this.#last ? undefined : found;
		} catch (error) {
			if (error !== HAND_OVER) throw error;
			return undefined;
		} finally {
			this.#text = "";
		}
	}

	/** Whether this comes next. */
	is(literal: string): boolean {
		return this.#text.startsWith(literal, this.#at);
	}

	/** Passes over this, if it comes next. @returns whether it did */
	skip(literal: string): boolean {
		if (!this.is(literal)) return false;
		this.#at += literal.length;
		return true;
	}

	/** This comes next. */
	literal(literal: string) {
		if (!this.skip(literal)) handOver();
	}

	/** What stands up to the next tag. */
	text(): string {
		const end = this.#text.indexOf("<", this.#at);
		if (end === -1 || end > this.#last) handOver();
		const text = unescaped(this.#text.slice(this.#at, end));
		this.#at = end;
		return text;
	}

	/** A tag that is not empty. */
	opened(begin: string, names: readonly string[]): Record<string, string> {
		const attrs = this.tag(begin, names);
		if (this.#isEmpty) handOver();
		return attrs;
	}

	/** A tag that names its namespace. @returns whether it is not empty */
	namespaced(begin: string, namespace: string, names = OF_NAMESPACE): boolean {
		if (this.tag(begin, names).xmlns !== namespace) handOver();
		return !this.#isEmpty;
	}

	/** A tag that names its namespace, and is not empty. */
	within(begin: string, namespace: string, names = OF_NAMESPACE) {
		if (!this.namespaced(begin, namespace, names)) handOver();
	}

	/**
	 * A start tag.
	 * @param names of the attributes that may be there, each once
	 */
	tag(begin: string, names: readonly string[]): Record<string, string> {
		this.literal(begin);
		const text = this.#text;
		const attrs: Record<string, string> = {};
		for (;;) {
			const code = text.charCodeAt(this.#at);
			if (code === GREATER) {
				this.#at++;
				this.#isEmpty = false;
				return attrs;
			}
			if (code === SLASH && text.charCodeAt(this.#at + 1) === GREATER) {
				this.#at += 2;
				this.#isEmpty = true;
				return attrs;
			}
			if (code !== BLANK) handOver();
			const from = this.#at + 1;
			const nameEnd = nameEndIn(text, from);
			const name = text.slice(from, nameEnd);
			if (!names.includes(name) || Object.hasOwn(attrs, name)) handOver();
			const quote = text.charCodeAt(nameEnd + 1);
			if (quote !== APOSTROPHE && quote !== QUOTE) handOver();
			const end = text.indexOf(quote === APOSTROPHE ? "'" : '"', nameEnd + 2);
			if (end === -1 || end > this.#last) handOver();
			attrs[name] = unescaped(text.slice(nameEnd + 2, end));
			this.#at = end + 1;
		}
	}
}

/** Where a name ends that an equals sign follows. */
function nameEndIn(text: string, from: number): number {
	for (let at = from; at < from + LONGEST_NAME; at++) {
		const code = text.charCodeAt(at);
		if (code === EQUALS) return at;
		if ((code < A || code > Z) && code !== COLON) break;
	}
	return handOver();
}

function unescaped(text: string): string {
	if (!text.includes("&")) return text;
	try {
		return unescapeXML(text);
	} catch {
		return handOver();
	}
}
