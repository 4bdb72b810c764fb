/** How a Reveille tells its own sessions which database it serves. */
import { describe, expect, test } from "bun:test";
import { readSame, sameElement, sameValue } from "../../src/xmpp/same-database.ts";
import { parse } from "./parse.ts";

const ID = "0b8e1a52-93cf-4d7e-8a55-0f6b9a4a3c10";

describe("the value", () => {
	test("is HMAC-SHA-256 of the database's id with the secret, in base64url", async () => {
		// RFC 4231, case 2.
		expect(await sameValue("Jefe", "what do ya want for nothing?")).toBe(
			Buffer.from("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "hex").toString(
				"base64url",
			),
		);
	});

	test("is another one with another database, and with another secret", async () => {
		const values = [sameValue("secret", ID), sameValue("secret", `${ID}0`), sameValue("sécret", ID)];
		expect(new Set(await Promise.all(values)).size).toBe(3);
	});
});

describe("the element", () => {
	test("is read as it was written", () => {
		const iq = parse(`<iq type="result" id="a">${sameElement("value")}</iq>`);
		expect(String(iq)).toContain(`<same xmlns="urn:reveille:0">value</same>`);
		expect(readSame(iq)).toBe("value");
	});

	test.each([
		["none", "<ping xmlns='urn:xmpp:ping'/>", undefined],
		["one of another namespace", "<same xmlns='urn:reveille:1'>value</same>", undefined],
		["an empty one", "<same xmlns='urn:reveille:0'/>", ""],
		["one with blanks around it", "<same xmlns='urn:reveille:0'>\n value </same>", "value"],
		["one of 100 kB", `<same xmlns='urn:reveille:0'>${"v".repeat(100_000)}</same>`, "v".repeat(64)],
	])("%s is read as what there is of it, and no more", (_name, inner, value) => {
		expect(readSame(parse(`<iq type="get" id="a">${inner}</iq>`))).toBe(value as string);
	});
});
