import { describe, expect, test } from "bun:test";
import type { SaslError } from "../../src/sasl/mechanism.ts";
import { prepared, saslprep } from "../../src/sasl/saslprep.ts";

describe("SASLprep", () => {
	// RFC 4013 §3
	test.each([
		["I\u00adX", "IX"],
		["user", "user"],
		["USER", "USER"],
		["\u00aa", "a"],
		["\u2168", "IX"],
		["\u0007", undefined],
		["\u0627\u0031", undefined],
	])("makes of %j what RFC 4013 does: %j", (text, wanted) => {
		expect(saslprep(text)).toBe(wanted as string);
	});

	test.each([
		["decomposed letters", "pa\u0308ssw\u006f\u0308rd", "p\u00e4ssw\u00f6rd"],
		["full-width letters", "\uff30\uff41\uff53\uff53", "Pass"],
		["spaces of other kinds", "a\u00a0b\u3000c\u200bd", "a b c d"],
		["what joins and what selects", "a\u200d\u200cb\ufe0f\u2060\ufeff", "ab"],
		["a password of symbols", "p\u00e4ssw\u00f6rd\u2013\u{1f418}", "p\u00e4ssw\u00f6rd\u2013\u{1f418}"],
		["letters from right to left", "\u0627\u0031\u0628", "\u0627\u0031\u0628"],
		["what came after Unicode 3.2", "\u{1f418}\u{2b740}", "\u{1f418}\u{2b740}"],
		["right to left with an elephant within", "\u0627\u{1f418}\u0628", "\u0627\u{1f418}\u0628"],
		["nothing", "", ""],
	])("takes %s", (_, text, wanted) => {
		expect(saslprep(text)).toBe(wanted);
	});

	test.each([
		["a tabulator", "a\tb"],
		["half a surrogate pair", "a\ud800"],
		["what is for private use", "\ue000"],
		["what is no character", "\ufdd0"],
		["a mark of direction", "a\u200eb"],
		["the character for what could not be read", "\ufffd"],
		["both directions", "\u0627a\u0628"],
		["right to left with a digit at an end", "1\u0627"],
		["a tag", "\u{e0041}"],
	])("refuses %s", (_, text) => {
		expect(saslprep(text)).toBeUndefined();
	});

	test("says which of both is refused, and does not repeat it", () => {
		const refusal = (credentials: { username: string; password: string }) => {
			try {
				return prepared(credentials);
			} catch (error) {
				return error as SaslError;
			}
		};
		expect(refusal({ username: "push", password: "hush\u0007hush" })).toMatchObject({ fault: "password" });
		expect(String(refusal({ username: "push", password: "hush\u0007hush" }))).not.toContain("hush");
		expect(refusal({ username: "\u00ad", password: "x" })).toMatchObject({ fault: "username" });
	});
});
