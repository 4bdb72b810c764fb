import { describe, expect, test } from "bun:test";
import { cutTo, cutToBytes, quoted } from "../../src/limits/text-length.ts";

describe("a text is cut", () => {
	test.each([
		["", 0, ""],
		["abc", 3, "abc"],
		["abc", 2, "ab"],
		["a🕊b", 2, "a"],
		["a🕊b", 3, "a🕊"],
	])("%p to %p units: %p", (text, units, cut) => {
		expect(cutTo(text, units)).toBe(cut);
	});

	test.each([
		["", 1, ""],
		["abc", 3, "abc"],
		["abc", 2, "ab"],
		["éé", 3, "é"],
		["éé", 4, "éé"],
		["€€", 5, "€"],
		["a🕊", 4, "a"],
		["a🕊", 5, "a🕊"],
	])("%p to %p bytes: %p", (text, bytes, cut) => {
		expect(cutToBytes(text, bytes)).toBe(cut);
	});
});

test("of what others send at most a hundred characters are repeated", () => {
	expect(quoted("x".repeat(100))).toBe("x".repeat(100));
	expect(quoted("x".repeat(101))).toBe(`${"x".repeat(99)}…`);
	expect(quoted(`${"x".repeat(98)}🕊🕊`)).toBe(`${"x".repeat(98)}…`);
});
