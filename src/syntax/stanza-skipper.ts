/**
 * Finds the end of a stanza without keeping anything of it: of one that is longer than is read, or has more in it.
 */

import { Unreadable } from "./read-fault.ts";

/** Where in the text of a stanza the next character stands. */
type Place = "text" | "markup" | "start tag" | "quoted" | "end tag" | "cdata start" | "cdata";

/** What comes behind `<!` where a CDATA section begins: of comments and DTDs there are none in a stream. */
const CDATA = "[CDATA[";
const CDATA_END = "]]>";

const SLASH = 0x2f;
const LONGEST_PLAIN_TAG = 32;
/** Letters, digits and what else names are made of: no quotation mark, and no `!` or `?`. */
const isPlain = (code: number) => code >= 0x2d && code !== 0x3c && code !== 0x3f;

export class StanzaSkipper {
	/** How many elements are open, the stanza itself among them. */
	#depth: number;
	#place: Place = "text";
	/** In "quoted": what ends it. */
	#quote = "";
	/** In "start tag": its last character so far. */
	#last = "";
	/** In "cdata start": how much of it came; in "cdata": how much of its end. */
	#matched = 0;
	readonly #delimiter = /["'>]/g;

	/**
	 * @param depth how many elements of the stanza are open; 0: its own tag comes first. What is given to `skip` next
	 *   begins outside of any tag
	 */
	constructor(depth: number) {
		this.#depth = depth;
	}

	/**
	 * @param text comes behind what was given before
	 * @returns where in `text` the stanza is over; -1: it is not
	 * @throws {Unreadable} where a comment or the like came
	 */
	skip(text: string, from: number): number {
		let at = from;
		while (at < text.length) {
			switch (this.#place) {
				case "text":
					at = this.#inText(text, at);
					break;
				case "markup":
					at = this.#begin(text.charAt(at), at);
					break;
				case "start tag":
					at = this.#inStartTag(text, at);
					break;
				case "quoted":
					at = this.#to("start tag", text.indexOf(this.#quote, at));
					break;
				case "end tag":
					at = this.#to("text", text.indexOf(">", at));
					if (at !== -1) this.#depth--;
					break;
				case "cdata start":
					if (text.charAt(at) !== CDATA.charAt(this.#matched)) throw new Unreadable("restricted-xml");
					at++;
					if (++this.#matched === CDATA.length) this.#enter("cdata");
					break;
				case "cdata":
					at = this.#inCdata(text, at);
					break;
			}
			if (at === -1) return -1;
			if (this.#depth === 0 && this.#place === "text") return at;
		}
		return -1;
	}

	#enter(place: Place) {
		this.#place = place;
		this.#matched = 0;
	}

	#inText(text: string, from: number): number {
		const at = this.#plainTags(text, from);
		const isEnd = at > from && this.#depth === 0;
		return isEnd ? at : this.#to("markup", text.indexOf("<", at));
	}

	/** Passes over short tags without attributes, of which there may be the most. @returns where it stopped */
	#plainTags(text: string, from: number): number {
		let at = from;
		while (this.#depth > 0) {
			const tag = text.indexOf("<", at);
			const end = tag === -1 ? -1 : text.indexOf(">", tag);
			if (end === -1 || end - tag > LONGEST_PLAIN_TAG) return at;
			for (let inside = tag + 1; inside < end; inside++) if (!isPlain(text.charCodeAt(inside))) return at;
			if (text.charCodeAt(tag + 1) === SLASH) this.#depth--;
			else if (text.charCodeAt(end - 1) !== SLASH) this.#depth++;
			at = end + 1;
		}
		return at;
	}

	/** @returns the place behind `found`; -1 where nothing was found */
	#to(place: Place, found: number): number {
		if (found === -1) return -1;
		this.#enter(place);
		return found + 1;
	}

	#begin(first: string, at: number): number {
		if (first === "?") throw new Unreadable("restricted-xml");
		this.#last = "";
		this.#enter(first === "/" ? "end tag" : first === "!" ? "cdata start" : "start tag");
		return this.#place === "start tag" ? at : at + 1;
	}

	#inStartTag(text: string, from: number): number {
		this.#delimiter.lastIndex = from;
		const found = this.#delimiter.exec(text);
		if (!found) {
			this.#last = text.charAt(text.length - 1);
			return -1;
		}
		const at = found.index;
		const before = at > from ? text.charAt(at - 1) : this.#last;
		if (found[0] === ">") {
			if (before !== "/") this.#depth++;
			this.#enter("text");
		} else {
			[this.#quote] = found;
			this.#last = "";
			this.#enter("quoted");
		}
		return at + 1;
	}

	/** Its end may come in pieces. */
	#inCdata(text: string, from: number): number {
		if (this.#matched === 0) {
			const at = text.indexOf("]", from);
			if (at === -1) return -1;
			this.#matched = 1;
			return at + 1;
		}
		const next = text.charAt(from);
		if (next === CDATA_END.charAt(this.#matched)) {
			if (++this.#matched === CDATA_END.length) this.#enter("text");
		} else if (next !== "]") {
			this.#matched = 0;
		}
		return from + 1;
	}
}
