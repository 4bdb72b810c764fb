import { describe, expect, test } from "bun:test";
import { domainToUnicode } from "node:url";
import fc from "fast-check";
import { toALabels, toULabels } from "../../src/syntax/domain-name.ts";

/** In JIDs, and in DNS. */
const NAMES: [string, string][] = [
	["b\u00fccher.example", "xn--bcher-kva.example"],
	["fa\u00df.example", "xn--fa-hia.example"],
	["\u4f8b\u5b50.\u6d4b\u8bd5", "xn--fsqu00a.xn--0zwm56d"],
	// RFC 3492 §7.1 (C) and (F)
	["pro\u010dprost\u011bnemluv\u00ed\u010desky.example", "xn--proprostnemluvesky-uyb24dma41a.example"],
	[
		"\u306a\u305c\u307f\u3093\u306a\u65e5\u672c\u8a9e\u3092\u8a71\u3057\u3066\u304f\u308c\u306a\u3044\u306e\u304b",
		"xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
	],
	["example.net", "example.net"],
	["localhost", "localhost"],
	["127.1", "127.1"],
	["a_b.example", "a_b.example"],
];

describe("a domain name", () => {
	test.each(NAMES)("%s is %s in DNS, and the other way round", (unicode, ascii) => {
		expect(toALabels(unicode)).toBe(ascii);
		expect(toULabels(ascii)).toBe(unicode);
		expect(toULabels(unicode)).toBe(unicode);
		expect(toALabels(ascii)).toBe(ascii);
		expect(toULabels(ascii.toUpperCase())).toBe(unicode);
	});

	test("may be written with dots behind its letters, in capitals, or as a URL has it", () => {
		expect(toULabels("Bu\u0308cher.EXAMPLE")).toBe("b\u00fccher.example");
		expect(toALabels(new URL("xmpp://b\u00fccher.example:5347").hostname)).toBe("xn--bcher-kva.example");
		expect(toALabels("[::1]")).toBe("[::1]");
		expect(toALabels("%zz")).toBe("%zz");
	});

	test.each(["xn--", "xn---", "xn--a", "xn--99999999", "xn--bcher-kvb!", "xn--\u00fc", "xn--abc-", "xn--A-"])(
		"%s is none of another form, and stays",
		(label) => {
			expect(toALabels(toULabels(label))).toBe(toALabels(label));
		},
	);

	test("is Node's in both directions, whatever the letters", () => {
		fc.assert(
			fc.property(
				fc.stringMatching(/^[a-z\u00e0-\u024f\u0391-\u03c9\u0430-\u044f\u4e00-\u4fff]{1,12}$/),
				(label) => {
					const ascii = URL.parse(`http://${label}.example`)?.hostname;
					if (!ascii) return;
					expect(toULabels(ascii)).toBe(domainToUnicode(ascii));
				},
			),
			{ numRuns: 2_000 },
		);
	});

	test("that no name can be stays as it is, however long it is", () => {
		for (const character of "a9-") {
			const label = `xn--${character.repeat(100_000)}`;
			expect(toULabels(label)).toBe(label);
		}
	});

	test("is some name, whatever the text", () => {
		fc.assert(
			fc.property(fc.stringMatching(/^xn--[a-z0-9-]{0,70}$/), (label) => {
				expect(toALabels(toULabels(label))).toBe(label);
			}),
			{ numRuns: 5_000 },
		);
	});
});
