/** Texts that others send: how long they are, and cut to what is kept or repeated of them. */
import { stanzaBounds } from "./bounds/stanzas.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of a text in UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** The beginning of a text, of so many UTF-16 units at the most, without half of a character. */
export function cutTo(text: string, units: number): string {
	return text.length <= units ? text : text.slice(0, units).replace(/[\ud800-\udbff]$/, "");
}

/** The beginning of a text that takes so many bytes of UTF-8 at the most, without a part of a character. */
export function cutToBytes(text: string, bytes: number): string {
	// No UTF-16 unit takes more than three.
	if (text.length * 3 <= bytes) return text;
	const { read } = encoder.encodeInto(text, new Uint8Array(bytes));
	return text.slice(0, read);
}

/**
 * The same text by itself, for what is remembered: as long as one that was cut out of another is in memory, all of that
 * stays there too, which may be everything that came with it. Half a character becomes U+FFFD.
 */
export const byItself = (text: string): string => decoder.decode(encoder.encode(text));

/** Has each text of an object, or of a list, stand by itself ({@link byItself}). */
export function separateTexts(its: object): void {
	const texts = its as Record<string, unknown>;
	for (const [name, value] of Object.entries(texts))
		if (typeof value === "string") texts[name] = byItself(value);
}

/** What a text of ours repeats of another's: an error, a line of the log. */
export function quoted(text: string): string {
	const longest = stanzaBounds.quoted.is;
	return text.length <= longest ? text : `${cutTo(text, longest - 1)}…`;
}
