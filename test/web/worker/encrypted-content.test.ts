/** What a server encrypted for this browser: shown as if it had been published, and whatever it is, something is shown. */
import { describe, expect, test } from "bun:test";
import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import type { OwnDevice } from "../../../src/web/devices.ts";
import { takePush } from "../../../src/web/worker/push.ts";
import { encryptingServer } from "../encrypting-server.ts";
import { ownDevice } from "../own-device.ts";
import { surroundings } from "./effects.ts";

type Encrypted = { data?: unknown; iv?: unknown };

/** What Prosody says of a message. */
const ROMEO = { unread: 1, sender: "juliet@example.net", message: "Art thou not Romeo?", type: "chat" };
const NEW_MESSAGE = ["New message", "Tap to read it in your chat app."];

/** A browser whose device has a key, and the server that has the same. */
async function woken(device: Partial<OwnDevice> = {}) {
	const its = surroundings();
	const server = await encryptingServer();
	await its.effects.devices.put(ownDevice({ contentKey: server.key, ...device }));
	const push = (encrypted: Encrypted, said: object = {}) =>
		takePush({ data: { json: () => ({ node: "node-1", class: "high", ...said, encrypted }) } }, its.effects);
	return {
		...its,
		push,
		encrypt: server.encrypt,
		/** @param said in JSON */
		pushOf: (said: unknown, published: object = {}) => push(server.encrypt(JSON.stringify(said)), published),
		words: () => its.shown.map(({ title, options }) => [title, options.body]),
		unread: async () => (await its.effects.devices.get("node-1"))?.unread,
	};
}

describe("what was encrypted is shown as if it had been published", () => {
	test("a message, counted for its sender", async () => {
		const { pushOf, words, shown, badges, unread } = await woken();
		await pushOf(ROMEO);
		await pushOf({ ...ROMEO, message: "Or a Montague?" });
		expect(words()).toEqual([
			["juliet@example.net", "Art thou not Romeo?"],
			["juliet@example.net (2 messages)", "Or a Montague?"],
		]);
		expect(shown[0]?.options.data).toEqual({
			node: "node-1",
			url: "xmpp:juliet@example.net",
			whose: "juliet@example.net",
			count: 1,
		});
		expect(badges).toEqual([1, 2]);
		expect(await unread()).toEqual({ "juliet@example.net": 2 });
	});

	test.each([
		[{ ...ROMEO, message: "Grüß Gott 👩‍👩‍👧" }, ["juliet@example.net", "Grüß Gott 👩‍👩‍👧"]],
		[
			{
				unread: 1,
				sender: "verona@muc.example.net",
				message: "Peace?",
				type: "groupchat",
				nickname: "Tybalt",
			},
			["Tybalt in “verona”", "Peace?"],
		],
		// What only its reader can decrypt: Prosody says so in English.
		[
			{ ...ROMEO, message: "You have received an encrypted message" },
			["juliet@example.net", "Tap to read it in your chat app."],
		],
		[
			{ unread: 1, sender: "juliet@example.net/balcony", type: "call", sid: "1", media: ["audio"] },
			["juliet@example.net is calling", "Tap to answer in your chat app."],
		],
		[{ unread: 2, message: "Who is it?" }, ["New messages", "Who is it?"]],
	])("%j", async (said, expected) => {
		const { pushOf, words } = await woken();
		await pushOf(said);
		expect(words()).toEqual([expected]);
	});

	test.each([
		{ unread: 1, sender: "juliet@example.net", type: "chat" },
		{ unread: 1, sender: "juliet@example.net", type: "subscribe" },
		{ unread: 1, sender: "juliet@example.net", message: "" },
		{},
	])("where there is nothing to read, it is no message: %j", async (said) => {
		const { pushOf, words, shown, unread } = await woken();
		await pushOf(said);
		expect(words()).toEqual([["Something new", "Your chat app shows what it is."]]);
		expect(shown[0]?.options.silent).toBe(true);
		expect(await unread()).toBeUndefined();
	});

	test("what the server marks as not urgent stays so", async () => {
		const { pushOf, words } = await woken();
		await pushOf(ROMEO, { class: "low" });
		expect(words()).toEqual([["Something new", "Your chat app shows what it is."]]);
	});

	test("in place of what else the push says", async () => {
		const { pushOf, words } = await woken();
		await pushOf(ROMEO, { sender: "mallory@example.net", body: "Poison!", nickname: "Juliet" });
		expect(words()).toEqual([["juliet@example.net", "Art thou not Romeo?"]]);
	});

	test("in what Safari hands in place of the data", async () => {
		const { encrypt, effects, words } = await woken();
		const data = { node: "node-1", class: "high", encrypted: encrypt(JSON.stringify(ROMEO)) };
		await takePush({ data: null, notification: { data } }, effects);
		expect(words()).toEqual([["juliet@example.net", "Art thou not Romeo?"]]);
	});
});

describe("what cannot be opened is a new message", () => {
	test("of a device without a key", async () => {
		const { effects, pushOf, words } = await woken();
		await effects.devices.put(ownDevice());
		await pushOf(ROMEO);
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test("of a device that is not this browser's", async () => {
		const { pushOf, words } = await woken();
		await pushOf(ROMEO, { node: "node-9" });
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test("for the key before", async () => {
		const { push, words } = await woken();
		await push((await encryptingServer()).encrypt(JSON.stringify(ROMEO)));
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test("with zeros for its tag, as of Prosody 0.12", async () => {
		const { push, encrypt, words } = await woken();
		const { data, iv } = encrypt(JSON.stringify(ROMEO));
		const sealed = Buffer.from(data, "base64");
		sealed.fill(0, sealed.length - 16);
		await push({ data: sealed.toString("base64"), iv });
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test.each([["text"], ["5"], ["null"], [""], ['"text"'], ["{"]])("that says %j", async (plaintext) => {
		const { push, encrypt, words } = await woken();
		await push(encrypt(plaintext));
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test("that is larger than any push", async () => {
		const { pushOf, words } = await woken();
		await pushOf({ ...ROMEO, more: "x".repeat(4_096) });
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test.each([
		[{}],
		[{ data: "AAAA" }],
		[{ iv: "AAAA" }],
		[{ data: "AAAA", iv: "" }],
		[{ data: "AAAA", iv: "AAAAAAAAAAAAAAAA" }],
		[{ data: "no base64!", iv: "AAAAAAAAAAAAAAAA" }],
		[{ data: 5, iv: {} }],
	])("%j", async (encrypted) => {
		const { push, words } = await woken();
		await push(encrypted);
		expect(words()).toEqual([NEW_MESSAGE]);
	});

	test.each([
		["does not answer in time", () => new Promise<never>(() => {})],
		["fails", () => Promise.reject(new Error("closed"))],
	])("where the browser's database %s", async (_, get) => {
		const { effects, encrypt, words } = await woken();
		const encrypted = encrypt(JSON.stringify(ROMEO));
		const waited: number[] = [];
		await takePush(
			{ data: { json: () => ({ node: "node-1", class: "high", encrypted }) } },
			{
				...effects,
				devices: { ...effects.devices, get, change: get },
				after: async (ms) => {
					waited.push(ms);
					await new Promise((resolve) => setTimeout(resolve, 20));
				},
			},
		);
		// All that it is asked has the same 3 seconds.
		expect(waited).toEqual([3_000]);
		expect(words()).toEqual([NEW_MESSAGE]);
	});
});

/** Whatever may stand in a field. */
const anything = fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue());

describe("one notification is shown, whatever comes:", () => {
	test("in place of what a server encrypts", async () => {
		const encrypted = fc.oneof(
			fc.record({ data: fc.oneof(fc.base64String(), anything), iv: fc.oneof(fc.base64String(), anything) }),
			anything,
		);
		const { effects, shown } = await woken();
		await fc.assert(
			fc.asyncProperty(encrypted, async (encrypted) => {
				shown.length = 0;
				await takePush({ data: { json: () => ({ node: "node-1", class: "high", encrypted }) } }, effects);
				expect(shown).toHaveLength(1);
				expect(shown[0]?.title).not.toBe("");
			}),
			{ numRuns: 300 },
		);
	});

	test("of a server that has the key", async () => {
		const field = fc.option(anything, { nil: undefined });
		const said = fc.oneof(
			fc.record({ unread: field, sender: field, message: field, type: field, nickname: field }),
			fc.jsonValue(),
		);
		const plaintext = fc.oneof(
			said.map((one) => Buffer.from(JSON.stringify(one) ?? "")),
			fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
		);
		const { push, encrypt, shown } = await woken();
		await fc.assert(
			fc.asyncProperty(
				plaintext,
				fc.constantFrom("high", "low", "voip", "event", "later"),
				async (plain, pushClass) => {
					shown.length = 0;
					await push(encrypt(plain), { class: pushClass });
					expect(shown).toHaveLength(1);
					expect(shown[0]?.title).not.toBe("");
				},
			),
			{ numRuns: 300 },
		);
	});

	test("with one bit of it turned, nothing of it is believed", async () => {
		const { push, encrypt, words, shown } = await woken();
		const { data, iv } = encrypt(JSON.stringify(ROMEO));
		await fc.assert(
			fc.asyncProperty(fc.nat(Buffer.from(data, "base64").length * 8 - 1), async (bit) => {
				shown.length = 0;
				const sealed = Buffer.from(data, "base64");
				sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				await push({ data: sealed.toString("base64"), iv });
				expect(shown).toHaveLength(1);
				expect(JSON.stringify(words())).not.toContain("juliet");
			}),
			{ numRuns: 100 },
		);
	});
});

test("an initialisation vector of another length is taken as well", async () => {
	const { effects, push, words } = await woken();
	const raw = randomBytes(16);
	const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
	await effects.devices.put(ownDevice({ contentKey: key }));
	const iv = randomBytes(16);
	const cipher = createCipheriv("aes-128-gcm", raw, iv);
	const data = Buffer.concat([cipher.update(JSON.stringify(ROMEO)), cipher.final(), cipher.getAuthTag()]);
	await push({ data: data.toString("base64"), iv: iv.toString("base64") });
	expect(words()).toEqual([["juliet@example.net", "Art thou not Romeo?"]]);
});
