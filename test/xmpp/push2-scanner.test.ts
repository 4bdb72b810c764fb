/** Of messages of Push 2.0 the scanner reads what the parser reads, or hands over. */
import { expect, test } from "bun:test";
import { ReadElement } from "../../src/syntax/read-element.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { type Push2Message, parsePush2 } from "../../src/xmpp/push2.ts";
import type { ScannedPush2 } from "../../src/xmpp/push2-scanner.ts";
import { createStanzaScanner } from "../../src/xmpp/stanza-scanner.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { noCommands } from "./no-commands.ts";
import { parse } from "./parse.ts";
import { type Push2Parts, push2Message } from "./push2-messages.ts";

const CLIENT = `https://push.example.net/push2/N.${"s".repeat(43)}`;
const ENDPOINT = "https://push.example/token-1?a=b&c=d";
const APNS = `https://api.push.apple.com/3/device/${"ab".repeat(32)}#org.example.chat&${"cd".repeat(32)}`;
const PAYLOAD = new Uint8Array(4096).fill(7).toBase64();
const JWT = { token: "aGVhZA.Ym9keQ.c2ln", key: "BAAA+/==" };

/** As Prosody writes it to an account over WebSocket. */
const PROSODY = `<message xmlns='jabber:client' from='example.org' to='push@example.org/push' id='p2'><notification xmlns='urn:xmpp:push2:0'><client>${CLIENT}</client><priority>normal</priority><encrypted xmlns='urn:xmpp:sce:rfc8291:0'><payload>${PAYLOAD}</payload></encrypted></notification></message>`;

const header = new ReadElement("stream:stream", { xmlns: "jabber:component:accept" }, undefined);
const scan = (text: string) => createStanzaScanner().scan(text, 0, header) as ScannedPush2 | undefined;

test.each<[string, Push2Parts]>([
	["to a registration", { client: CLIENT, priority: "normal", payload: PAYLOAD }],
	["of a call", { client: CLIENT, priority: "high", voip: true, payload: PAYLOAD }],
	["of low priority, without content", { client: CLIENT, priority: "low" }],
	["with nothing but whom it is for", { client: CLIENT }],
	["to a device of APNs", { client: APNS, priority: "normal", payload: PAYLOAD }],
	["to relay", { client: ENDPOINT, priority: "normal", payload: PAYLOAD, jwt: JWT }],
	["whose content is too long", { client: CLIENT, payload: "A".repeat(9_000) }],
])("one %s is scanned, and says what the parser reads", (_which, parts) => {
	const text = push2Message(parts);
	const scanned = scan(text);
	expect(scanned?.push2).toEqual(parsePush2(parse(text)) as Push2Message);
	expect(scanned?.attrs).toEqual(parse(text).attrs);
	expect(scanned?.getNS()).toBe("jabber:component:accept");
});

test("one as Prosody writes it is scanned", () => {
	expect(scan(PROSODY)?.push2).toEqual(parsePush2(parse(PROSODY)) as Push2Message);
	expect(scan(PROSODY)?.getNS()).toBe("jabber:client");
});

const among = (name: string, more: string) => PROSODY.replace(name, `${name}${more}`);
test.each([
	["an element that it does not know", among("</priority>", "<context xmlns='urn:example:context'/>")],
	["another order", PROSODY.replace("<client>", "<priority>low</priority><client>")],
	["a part twice", among("</priority>", "<priority>low</priority>")],
	["something beside the notification", among("</notification>", `<event xmlns='${NS.pubsubEvent}'/>`)],
	["CDATA", among("<payload>", "<![CDATA[AAAA]]>")],
	["a comment", among("</client>", "<!-- -->")],
	["blanks between elements", among("</client>", "\n")],
	["another namespace", PROSODY.replace("sce:rfc8291:0", "sce:rfc8291:1")],
	["an attribute that it does not know", among("<client", " at='a'")],
	["an entity that there is not", among("<client>", "&nope;")],
	["a JWT with something beside its key", among("</encrypted>", "<jwt key='k' alg='a'>t</jwt>")],
	["an empty client", PROSODY.replace(CLIENT, "")],
	["type error", among("id='p2'", " type='error'")],
	["type groupchat", among("id='p2'", " type='groupchat'")],
	["nobody who sent it", PROSODY.replace("from='example.org' ", "")],
	["an endpoint, from a user", PROSODY.replace(CLIENT, "e").replace("from='", "from='juliet@")],
	["another child", PROSODY.replaceAll("notification", "body")],
	["one that is not whole", PROSODY.slice(0, -1)],
	["one that is long", among("<payload>", "A".repeat(12_000))],
])("%s is handed over", (_what, text) => {
	expect(text).not.toBe(PROSODY);
	expect(scan(PROSODY)).toBeDefined();
	expect(scan(text)).toBeUndefined();
});

test("it is taken as any other message, and has no answer", async () => {
	const taken: Push2Message[] = [];
	const handle = createStanzaHandler({
		publish: async () => ({ kind: "done", how: "delivered" }),
		async push2(message) {
			taken.push(message);
		},
		commands: noCommands,
		version: "1",
	});
	expect(await handle(scan(PROSODY) as ScannedPush2)).toBeUndefined();
	expect(taken).toEqual([
		{
			client: { kind: "registration", node: "N", secret: "s".repeat(43) },
			publisher: "example.org",
			notification: { class: "high", rfc8291: PAYLOAD },
		},
	]);
	expect(await handle(scan(among("from='", "x".repeat(4_000))) as ScannedPush2)).toBeUndefined();
	expect(taken).toHaveLength(1);
});
