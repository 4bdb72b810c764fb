import { describe, expect, test } from "bun:test";
import xml from "@xmpp/xml";
import fc from "fast-check";
import { fits, mostBytesOf, refusalInPlaceOf } from "../../src/xmpp/stanza-size.ts";
import { anyText } from "../fuzz/hostile.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

test("no stanza takes more bytes than are said", () => {
	fc.assert(
		fc.property(anyText, anyText, anyText, (one, two, three) => {
			const stanza = xml(
				"iq",
				{ id: one, to: two, from: undefined },
				xml("a", { "xml:lang": three }, two, xml("b"), one),
			);
			expect(mostBytesOf(stanza)).toBeGreaterThanOrEqual(bytesOf(String(stanza)));
		}),
	);
});

test("a stanza fits if it takes no more bytes, however many it might", () => {
	const stanza = xml("iq", { id: "i".repeat(1_000) });
	const bytes = bytesOf(String(stanza));
	expect(mostBytesOf(stanza)).toBeGreaterThan(bytes);
	expect(fits(stanza, bytes)).toBeTrue();
	expect(fits(stanza, bytes - 1)).toBeFalse();
});

describe("in place of an answer that is too large", () => {
	const answer = xml("iq", { type: "result", id: "1", to: "a", from: "b" }, xml("a", {}, "x".repeat(10_000)));

	test("an error to wait is sent, which no server counts against its user", () => {
		expect(String(refusalInPlaceOf(answer, 1_000))).toBe(
			`<iq type="error" id="1" to="a" from="b"><error type="wait">` +
				`<internal-server-error xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
				`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">The answer is larger than this connection takes.</text>` +
				`</error></iq>`,
		);
	});

	test("nothing is, where that would be too large as well", () => {
		expect(refusalInPlaceOf(answer, 100)).toBeUndefined();
	});
});
