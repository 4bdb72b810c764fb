/**
 * What a Web Push says, and what goes first when it does not fit.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { webPushContent } from "../../../src/services/webpush/content.ts";
import type { Notification } from "../../../src/types.ts";

/** Fits over a bridge to FCM, encrypted. */
const AIM = 2700 - 103;
/** Fits anywhere the RFC is kept. */
const MOST = 3993;

const NODE = "auysNgrbDfYN5BXBu5QIAUVXxew";

const bytes = (notification: Notification) => webPushContent(NODE, notification);
const text = (notification: Notification) =>
	new TextDecoder("utf-8", { fatal: true }).decode(bytes(notification));
/** What it says beside the node, which is always there. */
function read(notification: Notification): Notification {
	const { node, ...rest } = JSON.parse(text(notification));
	expect(node).toBe(NODE);
	return rest;
}
const graphemes = (value: string) => [...new Intl.Segmenter().segment(value)].map(({ segment }) => segment);

describe("the content of a push", () => {
	test("is all that was published", () => {
		const notification: Notification = {
			class: "high",
			count: 3,
			pending: 1,
			sender: "room@conference.example.net",
			body: "Wherefore art thou “Romeo”?\n👩‍👩‍👧",
			nickname: "thirdwitch",
		};
		expect(read(notification)).toEqual(notification);
	});

	test("is only what was published", () => {
		expect(text({ class: "low" })).toBe(`{"node":"${NODE}","class":"low"}`);
		expect(text({ class: "event", event: "account-removed" })).toBe(
			`{"node":"${NODE}","class":"event","event":"account-removed"}`,
		);
	});

	test("passes on what only the device can read, untouched and uncut", () => {
		const encrypted = { data: "A".repeat(3500), iv: "AAAAAAAAAAAAAAAA", type: "chat" };
		expect(read({ class: "high", encrypted })).toEqual({ class: "high", encrypted });
	});
});

describe("for a browser that shows pushes by itself", () => {
	const declarative = { title: "New message", navigate: "https://chat.example.net/" };
	const shown = (notification: Notification) =>
		JSON.parse(new TextDecoder().decode(webPushContent(NODE, notification, declarative)));

	test("the content says who wrote what, beside all that it says elsewhere", () => {
		const notification: Notification = {
			class: "high",
			count: 3,
			sender: "juliet@example.net/balcony",
			body: "Art thou not Romeo?",
		};
		const { body, ...data } = { node: NODE, ...notification };
		expect(shown(notification)).toEqual({
			web_push: 8030,
			mutable: true,
			notification: {
				title: "juliet@example.net",
				navigate: "https://chat.example.net/",
				body: "Art thou not Romeo?",
				dir: "auto",
				app_badge: "3",
				data,
			},
			node: NODE,
			...notification,
		});
	});

	test("its own title stands where nobody is named, and a nickname before a room", () => {
		expect(shown({ class: "low" }).notification).toEqual({
			title: "New message",
			navigate: "https://chat.example.net/",
			dir: "auto",
			data: { node: NODE, class: "low" },
		});
		const inRoom: Notification = { class: "high", sender: "room@muc.example.net", nickname: "Third witch" };
		expect(shown(inRoom).notification.title).toBe("Third witch");
		const nobody: Notification = { class: "high", sender: "/balcony", nickname: "" };
		expect(shown(nobody).notification.title).toBe("New message");
	});

	test("the body is cut in both places", () => {
		const body = "abcdefghij".repeat(1000);
		const cut = shown({ class: "high", body });
		expect(cut.notification.body).toBe(cut.body);
		expect(cut.body).toEndWith("…");
		expect(JSON.stringify(cut).length).toBeLessThanOrEqual(AIM);
	});

	test("what was encrypted for it is in both places, and in one where there is no room for two", () => {
		for (const [length, inData] of [
			[1500, true],
			[3000, false],
		] as const) {
			const encrypted = { data: "A".repeat(length), iv: "AAAAAAAAAAAAAAAA" };
			const sealed = shown({ class: "high", encrypted });
			expect(sealed.encrypted).toEqual(encrypted);
			expect(sealed.notification.data).toEqual({ node: NODE, class: "high", ...(inData && { encrypted }) });
			expect(JSON.stringify(sealed).length).toBeLessThanOrEqual(MOST);
		}
	});

	test("the longest title and URL leave room for what is always there", () => {
		const longest = { title: '"'.repeat(256), navigate: `https://chat.example.net/${"x".repeat(975)}` };
		const text = new TextDecoder().decode(
			webPushContent(NODE, { class: "high", body: "x".repeat(5000), sender: "y".repeat(1024) }, longest),
		);
		expect(text.length).toBeLessThanOrEqual(MOST);
		expect(JSON.parse(text)).toMatchObject({ node: NODE, class: "high", web_push: 8030 });
	});
});

describe("what does not fit loses", () => {
	test("the end of its body, marked, and as little as possible", () => {
		const body = "abcdefghij".repeat(1000);
		const cut = read({ class: "high", count: 1, sender: "romeo@example.net", nickname: "R", body });
		expect(cut).toMatchObject({ count: 1, sender: "romeo@example.net", nickname: "R" });
		expect(cut.body?.endsWith("…")).toBe(true);
		expect(body.startsWith(cut.body?.slice(0, -1) ?? "-")).toBe(true);
		expect(bytes({ ...cut }).length).toBe(AIM);
	});

	test.each([
		["a family", "👩‍👩‍👧‍👦"],
		["a flag", "🇩🇪"],
		["an accent of its own", "e\u0301"],
		["Devanagari", "नि"],
		["what JSON escapes", '"\n\u0001'],
		["a letter outside the first plane", "𝒳"],
	])("no half of %s", (_, unit) => {
		for (let shift = 0; shift < 30; shift++) {
			const body = "x".repeat(shift) + unit.repeat(2000);
			const kept = read({ class: "high", body }).body?.slice(0, -1) ?? "";
			expect(graphemes(body).slice(0, graphemes(kept).length)).toEqual(graphemes(kept));
			expect(kept.length).toBeGreaterThan(300);
		}
	});

	test("its nickname once no body is left to lose, then its sender, then its event", () => {
		const long = (length: number) => "x".repeat(length);
		const all = {
			class: "high",
			count: 1,
			sender: "romeo@example.net",
			body: "b",
			nickname: "n",
			event: "e",
		} as const;
		expect(Object.keys(read({ ...all, nickname: long(3000) }))).toEqual([
			"class",
			"count",
			"sender",
			"event",
		]);
		expect(Object.keys(read({ ...all, sender: long(3000) }))).toEqual(["class", "count", "event"]);
		expect(Object.keys(read({ ...all, event: long(3000) }))).toEqual(["class", "count"]);
		expect(Object.keys(read({ ...all, nickname: long(2450) }))).toContain("nickname");
	});

	test("the whole of its encrypted part if that alone is too much, and nothing else for it", () => {
		const encrypted = { data: "A".repeat(4000), iv: "AAAA" };
		expect(read({ class: "high", sender: "romeo@example.net", body: "hello", encrypted })).toEqual({
			class: "high",
			sender: "romeo@example.net",
			body: "hello",
		});
	});

	test("its plain text before its encrypted part", () => {
		const encrypted = { data: "A".repeat(3800), iv: "AAAA" };
		const cut = read({ class: "high", sender: "romeo@example.net", body: "x".repeat(2000), encrypted });
		expect(cut.encrypted).toEqual(encrypted);
		expect(cut.body).toMatch(/^x{10,}…$/);
	});

	test("never so little that it would not fit, whatever was published", () => {
		const field = fc.option(
			fc.oneof(fc.string({ unit: "binary", maxLength: 6000, size: "max" }), fc.string()),
			{
				nil: undefined,
			},
		);
		const notification = fc.record(
			{
				class: fc.constantFrom("voip", "event", "high", "low"),
				count: fc.nat(),
				pending: fc.nat(),
				sender: field,
				body: field,
				nickname: field,
				event: field,
				encrypted: fc.option(
					fc.record({ data: fc.base64String({ maxLength: 6000, size: "max" }), iv: fc.base64String() }),
					{
						nil: undefined,
					},
				),
			},
			{ requiredKeys: ["class"] },
		);
		fc.assert(
			fc.property(notification, (published) => {
				const given = published as Notification;
				const cut = read(given);
				expect(bytes(given).length).toBeLessThanOrEqual(cut.encrypted ? MOST : AIM);
				expect(cut.class).toBe(given.class);
				for (const [name, value] of Object.entries(cut))
					if (name !== "body") expect(value).toEqual(given[name as keyof Notification] as never);
			}),
			{ numRuns: 300 },
		);
	});
});
