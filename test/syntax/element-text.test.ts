/** What leaves is written as ltx writes it, letter for letter. */
import { expect, test } from "bun:test";
import xml, { Element } from "@xmpp/xml";
import fc from "fast-check";
import { textOf } from "../../src/syntax/element-text.ts";

test("an element is written as by ltx, whatever its attributes and its text", () => {
	const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[a"'&<>]*$/));
	const value = fc.oneof(text, fc.constantFrom(undefined, null, 7, false));
	fc.assert(
		fc.property(
			fc.dictionary(fc.constantFrom("id", "to", "from", "xml:lang"), value),
			text,
			(attrs, inner) => {
				for (const element of [
					new Element("iq", attrs as Record<string, string>),
					xml("iq", attrs as Record<string, string>, inner),
					xml("iq", attrs as Record<string, string>, xml("error", attrs as Record<string, string>)),
				]) {
					expect(textOf(element)).toBe(element.toString());
				}
			},
		),
	);
});
