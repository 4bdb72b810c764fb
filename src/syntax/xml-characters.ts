/** Texts that go into XML, which has no way to write some characters (XML 1.0 §2.2). */

/** Controls, halves of surrogate pairs, and the two last of the first 65,536 characters. */
const UNWRITABLE = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** The text with U+FFFD in place of what cannot be written. Whoever reads XML ends the stream at such a character. */
export const inXml = (text: string): string => text.replace(UNWRITABLE, "\uFFFD");
