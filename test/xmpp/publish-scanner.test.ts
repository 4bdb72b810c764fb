/** Of publishes the scanner reads what the parser reads, or hands over. */
import { expect, test } from "bun:test";
import { ReadElement } from "../../src/syntax/read-element.ts";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";
import { unescapeXML } from "../../src/syntax/xml.ts";
import { type Publish, parsePublish } from "../../src/xmpp/publish.ts";
import { ScannedPublish } from "../../src/xmpp/publish-scanner.ts";
import { createStanzaScanner } from "../../src/xmpp/stanza-scanner.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { noCommands } from "./no-commands.ts";
import { parse } from "./parse.ts";

/** As the servers of Debian 12 and 13 write it, one line each. */
const PROSODY = `<iq id='mL5Gk' from='example.org' type='set' to='push.example.net'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='N'><item><notification xmlns='urn:xmpp:push:0'><x type='form' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:push:summary</value></field><field type='text-single' var='message-count'><value>1</value></field><field type='text-single' var='pending-subscription-count'/><field type='jid-single' var='last-message-sender'/><field type='text-single' var='last-message-body'><value>It&apos;s new</value></field></x></notification></item></publish><publish-options><x type='submit' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>S</value></field></x></publish-options></pubsub></iq>`;
const EJABBERD = `<iq xml:lang='en' to='push.example.net' from='example.org' type='set' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='N'><item><notification xmlns='urn:xmpp:push:0'/></item></publish><publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret' type='text-single'><value>S</value></field></x></publish-options></pubsub></iq>`;

const header = new ReadElement("stream:stream", { xmlns: "jabber:component:accept" }, undefined);
const scan = (text: string) => createStanzaScanner().scan(text, 0, header) as ScannedPublish | undefined;

test.each([
	["Prosody", PROSODY],
	["ejabberd", EJABBERD],
])("what %s publishes is scanned, and says what the parser reads", (_server, text) => {
	const scanned = scan(text);
	const parsed = parse(text);
	expect(scanned?.publish).toEqual(parsePublish(parsed.getChild("pubsub") as never));
	expect(scanned?.attrs).toEqual(parsed.attrs);
	expect(scanned?.getNS()).toBe("jabber:component:accept");
});

test("several in one piece are scanned, and what stands between them is read as always", () => {
	const seen: string[] = [];
	const parser = new StanzaParser(
		{
			onElement: (element) => seen.push(element instanceof ScannedPublish ? "scanned" : element.name),
			onSkipped: () => seen.push("skipped"),
			onFault: (fault) => seen.push(fault),
		},
		{ hasHeader: false, scanner: createStanzaScanner() },
	);
	parser.write(`${PROSODY}<message/>${EJABBERD}${PROSODY.slice(0, 300)}`);
	parser.write(`${PROSODY.slice(300)}${PROSODY}`);
	expect(seen).toEqual(["scanned", "message", "scanned", "iq", "scanned"]);
});

const among = (name: string, more: string) => PROSODY.replace(name, `${name}${more}`);
test.each([
	[
		"an element that it does not know",
		among("<notification xmlns='urn:xmpp:push:0'>", "<priority xmlns='x'>high</priority>"),
	],
	["CDATA", among("<value>It", "<![CDATA[&]]>")],
	["a comment", among("<pubsub xmlns='http://jabber.org/protocol/pubsub'>", "<!-- -->")],
	["a namespace where none belongs", among("<field var='secret'", " xmlns='jabber:x:data'")],
	["an attribute twice", among("<iq id='mL5Gk'", " id='2'")],
	["an entity that there is not", among("It", "&nope;")],
	["a field twice", among("</field>", "<field var='message-count'><value>2</value></field>")],
	["a field of two values", among("<value>1</value>", "<value>2</value>")],
	["blanks between elements", among("<item>", " ")],
	["a prefix", PROSODY.replaceAll("pubsub>", "p:pubsub>")],
	["a publish without a node", PROSODY.replace("node='N'", "node=''")],
	["another type", PROSODY.replace("type='set'", "type='get'")],
	["one that is not whole", PROSODY.slice(0, -1)],
	["one that is long", among("It", "x".repeat(20_000))],
])("%s is handed over", (_what, text) => {
	expect(text).not.toBe(PROSODY);
	expect(scan(PROSODY)).toBeDefined();
	expect(scan(text)).toBeUndefined();
});

test("it is answered as any other publish", async () => {
	const published: [Publish, string][] = [];
	const handle = createStanzaHandler({
		async publish(publish, publisher) {
			published.push([publish, publisher]);
			return { kind: "done", how: "delivered" };
		},
		commands: noCommands,
		version: "1",
	});
	const scanned = scan(EJABBERD) as ScannedPublish;
	expect(String(await handle(scanned))).toBe(
		'<iq type="result" id="1" to="example.org" from="push.example.net"/>',
	);
	expect(published).toEqual([[{ node: "N", secret: "S", notification: { class: "low" } }, "example.org"]]);
});

test("what is too long to be scanned is not unescaped first", () => {
	const long = "&amp;".repeat(200_000);
	const best = (step: () => unknown) => {
		const times = Array.from({ length: 5 }, () => {
			const at = performance.now();
			step();
			return performance.now() - at;
		});
		return Math.min(...times);
	};
	const unescaping = best(() => unescapeXML(long));
	for (const text of [among("<value>It", long), among("<iq id='mL5Gk", long), among("node='N", long)]) {
		expect(scan(text)).toBeUndefined();
		expect(best(() => scan(text))).toBeLessThan(unescaping / 4);
	}
});
