/** What is shown of a push. */
import { describe, expect, test } from "bun:test";
import { type Known, notificationOf } from "../../../src/web/worker/notification.ts";
import { type PushData, payloadOf } from "../../../src/web/worker/payload.ts";
import { ownDevice } from "../own-device.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 24 * 60 * 60 * 1000;

/** A push that says this in JSON. */
const saying = (said: unknown): PushData => ({ data: { json: () => said } });

function shown(said: object, known: Known = {}, languages: readonly string[] = ["en"]) {
	const payload = payloadOf(saying({ node: "node-1", class: "high", ...said }));
	return notificationOf(payload, known, { now: NOW, languages });
}
const words = (said: object, known: Known = {}, languages: readonly string[] = ["en"]) => {
	const { title, options } = shown(said, known, languages);
	return [title, options.body];
};

const device = ownDevice();
const unread = (counts: Record<string, number>): Known => ({ device: ownDevice({ unread: counts }) });
const juliet = { sender: "juliet@example.net/balcony" };
const body = "Art thou not Romeo, and a Montague?";

describe("a message", () => {
	test("with its text is shown by its sender", () => {
		expect(shown({ ...juliet, body, count: 1 }, unread({ "juliet@example.net": 1 }))).toEqual({
			title: "juliet@example.net",
			options: {
				body,
				tag: "message node-1 juliet@example.net",
				renotify: true,
				silent: false,
				requireInteraction: false,
				lang: "en",
				dir: "auto",
				icon: "icon-192.png",
				data: {
					node: "node-1",
					url: "xmpp:juliet@example.net",
					whose: "juliet@example.net",
					count: 1,
				},
			},
		});
	});

	test.each([
		[{ ...juliet, body }, unread({ "juliet@example.net": 3 }), ["juliet@example.net (3 messages)", body]],
		[
			{ ...juliet, body: "New Message!" },
			unread({ "juliet@example.net": 1 }),
			["juliet@example.net", "Tap to read it in your chat app."],
		],
		[
			{ sender: "verona@muc.example.net", nickname: "Benvolio", body },
			unread({ "verona@muc.example.net": 1 }),
			["Benvolio in “verona”", body],
		],
		[{ nickname: "Benvolio", body }, unread({ "": 1 }), ["Benvolio", body]],
		[{}, unread({ "": 1 }), ["New message", "A message for romeo@example.net. Tap to read it."]],
		[
			{ body: "New message" },
			unread({ "": 2 }),
			["New messages", "2 messages for romeo@example.net. Tap to read them."],
		],
		[{ body }, unread({ "": 1 }), ["New message", body]],
		[
			{ encrypted: { data: "AAAA", iv: "BBBB" } },
			unread({ "": 1 }),
			["New message", "Tap to read it in your chat app."],
		],
		[
			{ ...juliet, body },
			{ ...unread({ "juliet@example.net": 1 }), isOneOfSeveral: true },
			["juliet@example.net", `${body} (to romeo@example.net)`],
		],
		// What the browser's database does not say.
		[{ ...juliet, body, count: 2 }, {}, ["juliet@example.net (2 messages)", body]],
		[{}, {}, ["New message", "Tap to read it in your chat app."]],
	] as [object, Known, string[]][])("%j, known %j", (said, known, expected) => {
		expect(words(said, known)).toEqual(expected);
	});

	test("speaks German where the page does, or the browser", () => {
		const known = unread({ "": 2 });
		const german = ["Neue Nachrichten", "2 Nachrichten für romeo@example.net. Tippen, um sie zu lesen."];
		expect(words({}, known, ["fr", "de-AT", "en"])).toEqual(german);
		expect(words({}, { ...known, language: "de" }, ["en"])).toEqual(german);
		expect(shown({}, { language: "de" }).options.lang).toBe("de");
		expect(words({}, { ...known, language: "xx" }, [])[0]).toBe("New messages");
	});

	test("takes the place of those of the same sender and account alone", () => {
		const tag = (said: object, known: Known) => shown(said, known).options.tag;
		const its = tag(juliet, { device });
		expect(tag({ ...juliet, body }, unread({ "juliet@example.net": 7 }))).toBe(its);
		expect(tag({ sender: "mercutio@example.net" }, { device })).not.toBe(its);
		expect(tag({ ...juliet, node: "node-2" }, { device: ownDevice({ node: "node-2" }) })).not.toBe(its);
	});

	test("opens the operator's chat web app", () => {
		const openTemplate = "https://chat.example/#/{account}/{jid}";
		expect(shown(juliet, { device, openTemplate }).options.data.url).toBe(
			"https://chat.example/#/romeo%40example.net/juliet%40example.net",
		);
		expect(shown({}, { device }).options.data.url).toBeUndefined();
		expect(shown(juliet, {}).options.data.url).toBeUndefined();
	});
});

describe("whatever strangers write", () => {
	test.each([{ sender: "\u0000" }, { sender: " /x" }, { nickname: "\u0007" }])(
		"%p is nobody's name: a title is there all the same",
		(said) => {
			expect(shown({ ...said, body }).title).toBe("New message");
		},
	);

	test("a long text is cut between two characters, with an ellipsis", () => {
		const long = "👩‍👩‍👧".repeat(200);
		const [, cut = ""] = words({ ...juliet, body: long }, { device });
		expect(cut.length).toBeLessThanOrEqual(401);
		expect(cut).toEndWith("👩‍👩‍👧…");
		const [title = ""] = words({ sender: `${"x".repeat(500)}@example.net`, body }, { device });
		expect(title).toBe(`${"x".repeat(120)}…`);
	});

	test("a character without end is no more than an ellipsis", () => {
		expect(words({ ...juliet, body: `e${"\u0301".repeat(3_000)}` }, { device })[1]).toBe("…");
	});

	test("names have one line, and nothing turns the text around it", () => {
		const known = { device, isOneOfSeveral: true };
		const nickname = "Mallory\n(to juliet@example.net)\u202e\u2066\u0007";
		const [title, text] = words({ ...juliet, nickname, body: "a\u202eb\u0000\nc" }, known);
		expect(title).toBe("Mallory (to juliet@example.net) in “juliet”");
		expect(text).toBe("ab\nc (to romeo@example.net)");
	});

	test.each(["__proto__", "constructor", "toString"])("%s is a sender as any other", (sender) => {
		expect(words({ sender, body }, { device })[0]).toBe(sender);
	});

	test("markup stays text", () => {
		expect(words({ ...juliet, body: "<b onload=alert(1)>x</b>" }, { device })[1]).toBe(
			"<b onload=alert(1)>x</b>",
		);
	});
});

describe("a call", () => {
	test.each([
		[juliet, "juliet@example.net is calling"],
		[{}, "A call"],
	])("%j is marked, and stays until it is seen", (said, title) => {
		const call = shown({ ...said, class: "voip" }, { device });
		expect(call.title).toBe(title);
		expect(call.options).toMatchObject({
			body: "Tap to answer in your chat app.",
			tag: "call node-1",
			requireInteraction: true,
		});
	});
});

describe("the rest", () => {
	test("an account that was removed", () => {
		const removed = { class: "event", event: "account-removed" };
		expect(words(removed, { device })).toEqual([
			"This device is not woken any more",
			"romeo@example.net was removed from its server.",
		]);
		expect(words(removed)).toEqual(["This device is not woken any more", ""]);
		expect(shown(removed, { device }).options.data).toEqual({ node: "node-1" });
	});

	test("a test that was waited for", () => {
		const test = shown({ body: "Test" }, { device, testTookMs: 412.3 });
		expect([test.title, test.options.body]).toEqual(["It works", "This test push took 412 ms."]);
		expect(test.options.data).toEqual({ node: "node-1" });
	});

	test.each([[{ class: "event", event: "moon-rose" }], [{ class: "later" }], [{ class: "low" }]])(
		"%j says that there is something new",
		(said) => {
			expect(words(said, { device, isOneOfSeveral: true })).toEqual([
				"Something new",
				"Your chat app shows what it is. (to romeo@example.net)",
			]);
		},
	);

	test("class low is silent, unless it was asked for", () => {
		const isSilent = (wantsLow: boolean) => {
			const { silent, renotify } = shown({ class: "low" }, { device: ownDevice({ wantsLow }) }).options;
			expect(renotify).toBe(!silent);
			return silent;
		};
		expect(isSilent(false)).toBe(true);
		expect(isSilent(true)).toBe(false);
	});

	test.each([
		["no data", {}],
		["empty data", { data: null }],
		[
			"what is no JSON",
			{
				data: {
					json() {
						throw new SyntaxError("no JSON");
					},
				},
			},
		],
		["a number", saying(5)],
		["null", saying(null)],
		["a list", saying([])],
		["no node", saying({ class: "high" })],
		["no class", saying({ node: "node-1" })],
		["wrong types", saying({ node: 5, class: {} })],
	] as [string, PushData][])("%s is shown in general words", (_, data) => {
		const { title, options } = notificationOf(payloadOf(data), {}, { now: NOW, languages: ["en"] });
		expect([title, options.body]).toEqual(["Something new", "Your chat app shows what it is."]);
	});

	test("fields of wrong types are as good as missing", () => {
		const odd = { sender: {}, body: 5, nickname: [], count: "3", encrypted: "x", event: null };
		expect(payloadOf(saying({ node: "n", class: "high", ...odd }))).toEqual({ node: "n", class: "high" });
		expect(payloadOf(saying({ node: "n", class: "high", count: -1 }))?.count).toBeUndefined();
	});

	test("what Safari hands in place of the data is read as well", () => {
		const data = { node: "node-1", class: "high", sender: "juliet@example.net" };
		expect(payloadOf({ data: null, notification: { body, data } })).toEqual({ ...data, body });
	});
});

describe("a page that nobody opened", () => {
	const after = (days: number) => words({ ...juliet, body }, { device, openedAt: NOW - days * DAY })[1];
	test("for more than 50 days is spoken of", () => {
		expect(after(50)).toBe(body);
		expect(after(51)).toBe(`${body} Open Reveille once this week, or this device stops.`);
	});
});
