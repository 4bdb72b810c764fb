import { expect, test } from "bun:test";
import { nativeConceal, nativeHmac } from "../../src/bun/native-crypto.ts";
import { domainAlone, nodeForm, ownerFormOf, shortOwner } from "../../src/messages/whom.ts";
import { createKeyring } from "../../src/secrets.ts";

const KEY = "the key of the tests, 32 characters and more";
const OWNER = "romeo@montague.example";
const conceal = nativeConceal(KEY);

test("an owner is called by the domain and six characters of a keyed hash", () => {
	const form = ownerFormOf("short", conceal);
	expect(form(OWNER)).toMatch(/^montague\.example#[\w-]{6}$/);
	expect(form(OWNER)).toBe(form(OWNER));
	expect(form("juliet@montague.example")).not.toBe(form(OWNER));
	expect(ownerFormOf("short", nativeConceal(`${KEY}!`))(OWNER)).not.toBe(form(OWNER));
	expect(form("montague.example")).toStartWith("montague.example#");
});

test("it is the same at the edge, which has WebCrypto alone", async () => {
	for (const keyring of [await createKeyring(KEY), await createKeyring(KEY, [], { hmacOf: nativeHmac })])
		expect(shortOwner(OWNER, await keyring.conceal(OWNER))).toBe(ownerFormOf("short", conceal)(OWNER));
});

test("with LOG_OWNERS=whole it is the JID", () => {
	expect(ownerFormOf("whole", conceal)(OWNER)).toBe(OWNER);
});

test("who registered over HTTP has no JID", () => {
	for (const form of [ownerFormOf("short", conceal), ownerFormOf("whole", conceal), domainAlone])
		expect(form("")).toBe("somebody over HTTP");
	expect(domainAlone(OWNER)).toBe("montague.example");
});

test("a node is called by its first eight characters", () => {
	expect(nodeForm("abcdefghijklmnop")).toBe("abcdefgh");
});
