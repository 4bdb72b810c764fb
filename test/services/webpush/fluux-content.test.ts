/** What Fluux's service worker makes of a push, by its own rules, written down here anew. */
import { expect, test } from "bun:test";
import { payloadForm } from "../../../src/services/payload-form.ts";
import { fluuxContent } from "../../../src/services/webpush/fluux-content.ts";
import type { Notification, Registration } from "../../../src/types.ts";

const read = (notification: Notification) => JSON.parse(new TextDecoder().decode(fluuxContent(notification)));

/** Its title, its text, and the chat that a tap opens. */
function shown(notification: Notification) {
	const { title, body, from, type } = read(notification);
	const kind = ["conversation", "room"].includes(type) ? type : "conversation";
	return [title || from || "Fluux Messenger", body ?? "New message", from && `${kind} ${from}`];
}

test.each<[string, Notification, unknown[]]>([
	[
		"a message",
		{ class: "high", sender: "juliet@example.net/balcony", body: "Romeo?", count: 1 },
		["juliet@example.net", "Romeo?", "conversation juliet@example.net"],
	],
	[
		"one in a room",
		{ class: "high", sender: "coven@chat.example/thirdwitch", body: "Hail!", nickname: "thirdwitch" },
		["thirdwitch", "Hail!", "room coven@chat.example"],
	],
	[
		"what Prosody says by itself",
		{ class: "high", body: "New Message!" },
		["Fluux Messenger", "New Message!", undefined],
	],
	[
		"a call",
		{ class: "voip", sender: "juliet@example.net" },
		["juliet@example.net", "Incoming call", "conversation juliet@example.net"],
	],
	["a test", { class: "high", body: "Test" }, ["Fluux Messenger", "Test", undefined]],
])("%s", (_, notification, expected) => {
	expect(shown(notification)).toEqual(expected);
});

test("a long text is cut to what all push services take, and nothing else is told", () => {
	const content = fluuxContent({
		class: "high",
		sender: "juliet@example.net",
		body: "ß".repeat(20_000),
		count: 3,
	});
	expect(content.length).toBeLessThan(2700);
	expect(Object.keys(read({ class: "high", sender: "a@b", body: "c", count: 3, pending: 1 }))).toEqual([
		"body",
		"from",
		"type",
	]);
});

test("is the form of those who registered by Fluux, and of an app that says so", () => {
	const of = (more: Partial<Registration>) => ({ owner: "romeo@example.org", ...more }) as Registration;
	expect(payloadForm(undefined, of({ dialect: "fluux" }), "fluux")).toBe("fluux");
	expect(payloadForm("fluux", of({}), "fluux")).toBe("fluux");
	expect(payloadForm("auto", of({}), "fluux")).toBe("reveille");
	expect(payloadForm("reveille", of({ dialect: "fluux" }), "fluux")).toBe("reveille");
});
