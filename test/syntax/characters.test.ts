/** Cutting between characters. */
import { expect, test } from "bun:test";
import { cutBetweenCharacters } from "../../src/syntax/characters.ts";

test.each([
	["abc", 3, "abc"],
	["abcd", 3, "abc"],
	["ab👩‍👩‍👧", 3, "ab"],
	["ab👩‍👩‍👧", 9, "ab"],
	["ab👩‍👩‍👧", 10, "ab👩‍👩‍👧"],
	["ae\u0301x", 2, "a"],
	["a🇩🇪🇫🇷", 5, "a🇩🇪"],
	[`e${"\u0301".repeat(50)}`, 10, ""],
	["", 0, ""],
	["a", 0, ""],
])("%j in %d units is %j", (text, units, beginning) => {
	expect(cutBetweenCharacters(text, units)).toBe(beginning);
});
