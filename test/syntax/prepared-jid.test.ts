import { describe, expect, test } from "bun:test";
import { preparedBareJid } from "../../src/syntax/prepared-jid.ts";

describe("a bare JID that somebody wrote", () => {
	test.each([
		["romeo@example.org", "romeo@example.org"],
		["ROMEO@Example.ORG", "romeo@example.org"],
		["romeo@example.org.", "romeo@example.org"],
		["r.o-m_e~o+1@example.org", "r.o-m_e~o+1@example.org"],
		// Composed and decomposed.
		["rome\u0301o@example.org", "rom\u00e9o@example.org"],
		["ROM\u00c9O@example.org", "rom\u00e9o@example.org"],
		// Fullwidth.
		["\uff32\uff4f\uff4d\uff45\uff4f@example.org", "romeo@example.org"],
		["romeo@b\u00fccher.example", "romeo@b\u00fccher.example"],
		["romeo@B\u00dcCHER.example", "romeo@b\u00fccher.example"],
		["romeo@xn--bcher-kva.example", "romeo@b\u00fccher.example"],
		["\u05d0\u05d1@example.org", "\u05d0\u05d1@example.org"],
		["\u0130@example.org", "i\u0307@example.org"],
		["romeo@example\u3002org", "romeo@example.org"],
		["\u30ed\u30df\u30aa@example.org", "\u30ed\u30df\u30aa@example.org"],
		["\uff9b\uff90\uff75@example.org", "\u30ed\u30df\u30aa@example.org"],
		["\u0420\u041e\u041c\u0415\u041e@example.org", "\u0440\u043e\u043c\u0435\u043e@example.org"],
		["Li\u5f53@example.org", "li\u5f53@example.org"],
		["\u10d0@example.org", "\u10d0@example.org"],
	])("%s is %s", (written, prepared) => {
		expect(preparedBareJid(written)).toBe(prepared);
		expect(preparedBareJid(prepared)).toBe(prepared);
	});

	test.each([
		["a resource", "romeo@example.org/balcony"],
		["a resource behind another slash", "romeo@example.org\uff0fbalcony"],
		["no local part", "example.org"],
		["an empty local part", "@example.org"],
		["no domain", "romeo@"],
		["an empty label", "romeo@example..org"],
		["a domain that is no host, in a form that stands for another", "romeo@\u1d2cher.exam`|e"],
		["two of them", "romeo@juliet@example.org"],
		["another @ in it", "romeo\uff20juliet@example.org"],
		["blanks", "romeo @example.org"],
		["blanks around it", " romeo@example.org"],
		["a line's end", "romeo@example.org\n"],
		["what is forbidden in a local part", "romeo&juliet@example.org"],
		["a fullwidth of it", "romeo\uff06juliet@example.org"],
		["a control", "ro\u0000meo@example.org"],
		["what nobody sees", "ro\u200dmeo@example.org"],
		["a soft hyphen", "ro\u00admeo@example.org"],
		["a sharp s, which Nodeprep spells ss", "stra\u00dfe@example.org"],
		["a final sigma", "\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2@example.org"],
		["a dotless i", "\u0131@example.org"],
		["a ligature", "\ufb01sh@example.org"],
		["a letter that stands for another", "\u212bngstrom\u2460@example.org"],
		["half a pair", "\ud800@example.org"],
		["both directions", "a\u05d0@example.org"],
		["a digit before a letter from right to left", "1\u05d0@example.org"],
		["a symbol", "\u2603@example.org"],
		["an ideograph that is \u5f33 for Nodeprep, and \u5f53 today", "\ud87e\udc74@example.org"],
		["a letter that had one case when Nodeprep was made", "\u10a0@example.org"],
		["a letter that had none yet", "\u1c90@example.org"],
		["a mark that had no order yet", "a\u0358\u0301@example.org"],
		["nothing", ""],
	])("is none with %s", (_, written) => {
		expect(preparedBareJid(written)).toBeUndefined();
	});

	test("is none that is too long, which costs nothing", () => {
		expect(preparedBareJid(`${"a".repeat(1024)}@example.org`)).toBeUndefined();
		expect(preparedBareJid(`${"\u00e9".repeat(600)}@example.org`)).toBeUndefined();
		expect(preparedBareJid("a".repeat(10_000_000))).toBeUndefined();
	});
});
