/** Push 2.0's messages, as Prosody's mod_push2 sends them. */
import { describe, expect, test } from "bun:test";
import { push2Bounds } from "../../src/limits/bounds/push2.ts";
import { parsePush2, push2Url } from "../../src/xmpp/push2.ts";
import { parse } from "./parse.ts";
import { type Push2Parts, push2Message } from "./push2-messages.ts";

const NODE = "q1pFbo0zWcF9mZlJ9mYq8cJ8b3I";
const SECRET = "dGhpcyBpcyBub3QgYSBzZWNyZXQsIGp1c3QgMzIgYnk";
const OURS = `https://push.example.net/push2/${NODE}.${SECRET}`;
const TOKEN = "ab".repeat(32);
const VOIP = "cd".repeat(32);

const read = (parts: Partial<Push2Parts>, attributes?: string, from?: string) =>
	parsePush2(parse(push2Message({ client: OURS, ...parts }, attributes, from)));
const bytes = (count: number) => new Uint8Array(count).fill(7).toBase64();

describe("whom a message is for", () => {
	test.each([
		["as it was given out", OURS],
		["with another PUBLIC_URL", `http://10.0.0.1:5357/push2/${NODE}.${SECRET}`],
		["below a path", `https://example.net/reveille/push2/${NODE}.${SECRET}`],
		["with blanks around it", `\n ${OURS} `],
	])("a registration of ours, %s", (_how, client) => {
		expect(read({ client })?.client).toEqual({ kind: "registration", node: NODE, secret: SECRET });
	});

	test("a registration whose node was imported, with any characters in it", () => {
		for (const node of ["juliet@example.net/phone.1", "a b?#%c", "…"]) {
			const client = push2Url("https://push.example.net", node, SECRET);
			expect(read({ client })?.client).toEqual({ kind: "registration", node, secret: SECRET });
		}
	});

	test.each([
		["api.push.apple.com", `#org.example.chat&${VOIP}`, { voipToken: VOIP, sandbox: false }],
		["api.push.apple.com", "#org.example.chat", { sandbox: false }],
		["api.push.apple.com:443", "#org.example.chat&", { sandbox: false }],
		["api.development.push.apple.com", "#org.example.chat", { sandbox: true }],
		["api.sandbox.push.apple.com", "#org.example.chat", { sandbox: true }],
	])("a device of APNs, in Snikket's form: %s %s", (host, fragment, rest) => {
		const client = `https://${host}/3/device/${TOKEN.toUpperCase()}${fragment}`;
		expect(read({ client })?.client as unknown).toEqual({
			kind: "apns",
			token: TOKEN,
			topic: "org.example.chat",
			...rest,
		});
	});

	test.each([
		"https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
		"https://api.push.apple.com/3/device/none#topic",
		`https://push.example.net/push2/${NODE}.short`,
		"xmpp:juliet@example.net",
	])("any other endpoint: %s", (client) => {
		expect(read({ client })?.client).toEqual({ kind: "endpoint", url: client });
	});

	test.each([
		["nobody", { client: "" }],
		["a node that nobody wrote", { client: `https://push.example.net/push2/%E0%A4%A.${SECRET}` }],
		["longer than any", { client: `https://push.example/${"x".repeat(push2Bounds.client.is)}` }],
	])("%s: it is dropped", (_what, parts) => {
		expect(read(parts)).toBeUndefined();
	});

	test.each([' type="error"', ' type="groupchat"'])("a message of%s is dropped", (type) => {
		expect(read({}, type)).toBeUndefined();
	});

	test("another message is none of it", () => {
		expect(parsePush2(parse(`<message from="example.org"><body>hi</body></message>`))).toBeUndefined();
	});

	test.each(["juliet@example.org", "juliet@example.org/balcony"])(
		"a device that never registered, from a user, %s: it is dropped",
		(from) => {
			// What a domain may have of these is its server's: a user could use all of it up.
			for (const client of ["https://push.example/x", `https://api.push.apple.com/3/device/${TOKEN}#topic`]) {
				expect(read({ client }, "", from)).toBeUndefined();
				expect(read({ client }, "", "example.org/a@b")?.publisher).toBe("example.org");
			}
		},
	);

	test("its publisher is the domain that sent it", () => {
		expect(read({}, "", "Juliet@Example.ORG/balcony")?.publisher).toBe("example.org");
	});
});

describe("its class", () => {
	test.each([
		["high", false, "high"],
		["normal", false, "high"],
		["low", false, "low"],
		["\n low ", false, "low"],
		[undefined, false, "high"],
		["nonsense", false, "high"],
		["high", true, "voip"],
		["low", true, "voip"],
	] as const)("priority %s, voip %s: %s", (priority, voip, wanted) => {
		expect(read({ priority, voip })?.notification).toEqual({ class: wanted });
	});
});

describe("its content", () => {
	test("is kept as it came, but for line ends", () => {
		const payload = bytes(300);
		expect(read({ payload })?.notification.rfc8291).toBe(payload);
		const broken = payload.replace(/.{76}/g, "$&\n");
		expect(read({ payload: broken })?.notification.rfc8291).toBe(payload);
	});

	test("of 4096 bytes is kept, and one more is left out: the push wakes all the same", () => {
		expect(read({ payload: bytes(4096) })?.notification.rfc8291).toBe(bytes(4096));
		expect(read({ payload: bytes(4097) })?.notification).toEqual({ class: "high" });
	});

	test.each(["", "a", "====", "ab=c", "a_b-", "äöü=", `${" ".repeat(9_000)}AAAA`])(
		"that is no base64 is left out: %p",
		(payload) => {
			expect(read({ payload })?.notification).toEqual({ class: "high" });
		},
	);

	test("comes with a JWT where it is to be relayed, whose key is as RFC 8292 writes it; elsewhere the JWT is not kept", () => {
		const jwt = { token: "a.b.c", key: "BB+/==" };
		const client = "https://push.example/endpoint";
		expect(read({ client, jwt })?.notification.jwt).toEqual({ token: "a.b.c", key: "BB-_" });
		expect(read({ jwt })?.notification).toEqual({ class: "high" });
	});
});
