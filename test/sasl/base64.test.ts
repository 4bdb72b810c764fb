import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeBase64, decodeBase64Text, encodeBase64, utf8 } from "../../src/sasl/base64.ts";

test("base64 is Node's, of any bytes and of any text, and back again", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
			const text = encodeBase64(new Uint8Array(bytes));
			expect(text).toBe(Buffer.from(bytes).toString("base64"));
			expect(decodeBase64(text)).toEqual(new Uint8Array(bytes));
		}),
	);
	fc.assert(
		fc.property(fc.string({ unit: "grapheme" }), (text) => {
			expect(decodeBase64Text(encodeBase64(utf8(text)))).toBe(text);
		}),
	);
});

test.each([
	"A",
	"AA",
	"AAA",
	"A===",
	"====",
	"AA=A",
	"A-_A",
	"AAAA\n",
	" AAAA",
	"AAAA====",
	"\u00e9AAA",
	"AB==",
	"A0B=",
])("%j is no base64", (text) => {
	expect(decodeBase64(text)).toBeUndefined();
});

test("what is encoded is read as it is, or not at all", () => {
	const encoded = (...bytes: number[]) => Buffer.from(bytes).toString("base64");
	expect(decodeBase64Text(encoded(0xef, 0xbb, 0xbf, 0x41))).toBe("\ufeffA");
	expect(decodeBase64Text(encoded(0xff))).toBeUndefined();
	expect(decodeBase64Text(encoded(0xc3))).toBeUndefined();
	expect(decodeBase64Text(encoded(0xed, 0xa0, 0x80))).toBeUndefined();
});
