/**
 * Reads a publish straight out of the text, without an element for each of its tags: the shape in which nearly all come.
 * What it reads is what the parser and `parsePublish` read in the same text. Of whatever it does not expect it says
 * nothing, and the parser reads that stanza from its beginning.
 */
import { ReadElement } from "../syntax/read-element.ts";
import type { StanzaScanner } from "../syntax/stanza-parser.ts";
import { unescapeXML } from "../syntax/xml.ts";
import { NS } from "./namespaces.ts";
import { LONGEST_NODE, type Publish, publishOf } from "./publish.ts";

/** UTF-16 units: far less than what the parser keeps of a text, a tag and a stanza. */
const LONGEST = 16_384;
/** With all their parts far less than the parser takes. */
const MOST_FIELDS = 64;
/** Of the name of an attribute. */
const LONGEST_NAME = 16;

const [BLANK, QUOTE, APOSTROPHE, SLASH, EQUALS, GREATER] = [0x20, 0x22, 0x27, 0x2f, 0x3d, 0x3e];
const [A, Z, COLON] = [0x61, 0x7a, 0x3a];

/** The fields that say something, in the order of the values. */
const SUMMARY = [
	"message-count",
	"pending-subscription-count",
	"last-message-sender",
	"last-message-body",
] as const;
const OPTIONS = ["secret", "pushModule"] as const;

/** The attributes that may stand in a tag. */
const OF_STANZA: readonly string[] = ["type", "from", "to", "id", "xmlns", "xml:lang"];
const OF_PUBLISH: readonly string[] = ["node"];
const OF_ITEM: readonly string[] = ["id"];
const OF_FORM: readonly string[] = ["xmlns", "type"];
const OF_FIELD: readonly string[] = ["var", "type", "label"];
const NAMESPACE: readonly string[] = ["xmlns"];
const NONE: readonly string[] = [];

/** An `<iq/>` that publishes. Its children were not read: what they say is `publish`. */
export class ScannedPublish extends ReadElement {
	readonly publish: Publish;

	constructor(attrs: Record<string, string>, header: ReadElement | undefined, publish: Publish) {
		super("iq", attrs, header);
		this.publish = publish;
	}
}

/** Something that is not expected. */
class HandedOver extends Error {}
const HAND_OVER = new HandedOver();

export class PublishScanner implements StanzaScanner {
	end = 0;
	#text = "";
	#at = 0;
	/** Behind it nothing is looked at that takes longer than to find its end. */
	#last = 0;
	#isEmpty = false;

	scan(text: string, at: number, header: ReadElement | undefined): ScannedPublish | undefined {
		if (!text.startsWith("<iq ", at)) return undefined;
		this.#text = text;
		this.#at = at;
		this.#last = at + LONGEST;
		try {
			const attrs = this.#tag("<iq", OF_STANZA);
			if (attrs.type !== "set" || this.#isEmpty) return undefined;
			const publish = this.#publish();
			this.#literal("</iq>");
			if (this.#at > this.#last) return undefined;
			this.end = this.#at;
			return new ScannedPublish(attrs, header, publish);
		} catch (error) {
			if (error !== HAND_OVER) throw error;
			return undefined;
		} finally {
			this.#text = "";
		}
	}

	#publish(): Publish {
		this.#within("<pubsub", NAMESPACE, NS.pubsub);
		const { node = "" } = this.#opened("<publish", OF_PUBLISH);
		if (node === "" || node.length > LONGEST_NODE) throw HAND_OVER;
		this.#opened("<item", OF_ITEM);
		let said: readonly (string | undefined)[] = [];
		if (this.#namespaced("<notification", NAMESPACE, NS.push)) {
			if (!this.#is("</notification>")) said = this.#form(SUMMARY);
			this.#literal("</notification>");
		}
		this.#literal("</item></publish>");
		let options: readonly (string | undefined)[] = [];
		if (this.#is("<publish-options")) {
			this.#opened("<publish-options", NONE);
			options = this.#form(OPTIONS);
			this.#literal("</publish-options>");
		}
		this.#literal("</pubsub>");
		const [count, pending, sender, body] = said;
		const [secret, pushModule] = options;
		return publishOf({ node, secret, pushModule }, { count, pending, sender, body });
	}

	/** @returns the value of each of these fields; undefined: it has none, or an empty one */
	#form(names: readonly string[]): readonly (string | undefined)[] {
		this.#within("<x", OF_FORM, NS.dataForms);
		const values: (string | undefined)[] = names.map(() => undefined);
		let seen = 0;
		for (let fields = 0; !this.#is("</x>"); fields++) {
			if (fields === MOST_FIELDS) throw HAND_OVER;
			const { var: name } = this.#tag("<field", OF_FIELD);
			const value = this.#isEmpty ? undefined : this.#value();
			const at = name === undefined ? -1 : names.indexOf(name);
			if (at === -1) continue;
			// Which of several counts is not decided here.
			if (seen & (1 << at)) throw HAND_OVER;
			seen |= 1 << at;
			values[at] = value || undefined;
		}
		this.#literal("</x>");
		return values;
	}

	/** What stands in a field, up to its end. */
	#value(): string | undefined {
		let value: string | undefined;
		if (this.#is("<value/>")) {
			this.#literal("<value/>");
		} else if (this.#is("<value>")) {
			this.#literal("<value>");
			const end = this.#text.indexOf("<", this.#at);
			if (end === -1 || end > this.#last) throw HAND_OVER;
			value = unescaped(this.#text.slice(this.#at, end));
			this.#at = end;
			this.#literal("</value>");
		}
		this.#literal("</field>");
		return value;
	}

	#is(literal: string): boolean {
		return this.#text.startsWith(literal, this.#at);
	}

	#literal(literal: string) {
		if (!this.#is(literal)) throw HAND_OVER;
		this.#at += literal.length;
	}

	/** A tag that is not empty. */
	#opened(begin: string, names: readonly string[]): Record<string, string> {
		const attrs = this.#tag(begin, names);
		if (this.#isEmpty) throw HAND_OVER;
		return attrs;
	}

	/** A tag that names its namespace. @returns whether it is not empty */
	#namespaced(begin: string, names: readonly string[], namespace: string): boolean {
		if (this.#tag(begin, names).xmlns !== namespace) throw HAND_OVER;
		return !this.#isEmpty;
	}

	#within(begin: string, names: readonly string[], namespace: string) {
		if (!this.#namespaced(begin, names, namespace)) throw HAND_OVER;
	}

	/**
	 * A start tag.
	 * @param names of the attributes that may be there, each once
	 */
	#tag(begin: string, names: readonly string[]): Record<string, string> {
		this.#literal(begin);
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
			if (code !== BLANK) throw HAND_OVER;
			const from = this.#at + 1;
			const nameEnd = nameEndIn(text, from);
			const name = text.slice(from, nameEnd);
			if (!names.includes(name) || Object.hasOwn(attrs, name)) throw HAND_OVER;
			const quote = text.charCodeAt(nameEnd + 1);
			if (quote !== APOSTROPHE && quote !== QUOTE) throw HAND_OVER;
			const end = text.indexOf(quote === APOSTROPHE ? "'" : '"', nameEnd + 2);
			if (end === -1 || end > this.#last) throw HAND_OVER;
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
	throw HAND_OVER;
}

function unescaped(text: string): string {
	if (!text.includes("&")) return text;
	try {
		return unescapeXML(text);
	} catch {
		throw HAND_OVER;
	}
}
