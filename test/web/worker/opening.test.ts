/** What a tap opens. */
import { expect, test } from "bun:test";
import { chatUrl, pageUrl } from "../../../src/web/worker/opening.ts";

const account = "romeo@example.net";

test.each([
	[undefined, "juliet@example.net", "xmpp:juliet@example.net"],
	["xmpp:{jid}?message", "juliet@example.net", "xmpp:juliet@example.net?message"],
	["xmpp:{jid}", "o'ma\\20ra?x&y@example.net", "xmpp:o'ma%5C20ra%3Fx%26y@example.net"],
	["xmpp://{account}/{jid}", "juliet@example.net", "xmpp://romeo@example.net/juliet@example.net"],
	["https://chat.example/?to={jid}&as={account}", "a&b=c@x/#?", undefined],
	["https://chat.example/?to={jid}", undefined, "https://chat.example/?to="],
	["https://chat.example/", "juliet@example.net", "https://chat.example/"],
	["https://chat.example/{jid}", "$&$1@example.net", "https://chat.example/%24%26%241%40example.net"],
	[
		"https://chat.example/{jid}",
		"../../evil@example.net",
		"https://chat.example/..%2F..%2Fevil%40example.net",
	],
	["xmpp:{jid}", undefined, null],
	["javascript:alert('{jid}')", "juliet@example.net", null],
	["http://chat.example/{jid}", "juliet@example.net", null],
	["{jid}", "https://evil.example/", null],
	["no URL {jid}", "juliet@example.net", null],
] as const)("%s with %s opens %s", (template, jid, url) => {
	const expected =
		url === undefined ? "https://chat.example/?to=a%26b%3Dc%40x%2F%23%3F&as=romeo%40example.net" : url;
	expect(chatUrl(template, { jid, account }) ?? null).toBe(expected);
});

test("a page is the one of a device, or the first", () => {
	expect(pageUrl("https://push.example/app/", "a/b#c")).toBe("https://push.example/app/#/device/a%2Fb%23c");
	expect(pageUrl("https://push.example/app/", undefined)).toBe("https://push.example/app/");
});
