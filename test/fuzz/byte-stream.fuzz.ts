/** What comes over the wire: the same stanzas, however the bytes are cut; and rubbish ends a stream, not the process. */
import { TextDecoder } from "node:util";
import { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import { type Element, Parser } from "@xmpp/xml";
import fc from "fast-check";
import { openComponentStream } from "../../src/connector/stream/component-stream.ts";
import { readWholeStanzas } from "../../src/connector/stream/framed-stanzas.ts";
import { createStreamManagement } from "../../src/connector/stream/stream-management.ts";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";
import { component, startComponentDouble } from "../connector/component-double.ts";
import { meaningOf } from "../xmpp/scanned-stanzas.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { STANZAS } from "./corpus.ts";
import { anyText, cut, cutsOf, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";

const FAULTS: readonly string[] = ["not-well-formed", "restricted-xml", "policy-violation"];
const HEADER = `<?xml version='1.0'?><stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:component:accept" id="1">`;
/** XML 1.0 §2.2: what a server can send at all. */
const character = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const body = anyText.map((text) =>
	text.replaceAll(character, "?").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
);
const stanza = fc.oneof(
	fc.constantFrom(...STANZAS),
	body.map(
		(text) =>
			`<message from="é@example.org"><body>${text}</body><html a='${text.replaceAll("'", "&apos;")}'/></message>`,
	),
	body.map((text) => `<message><body><![CDATA[${text.replaceAll(/\]\]|<[!?]/g, "]")}]]></body></message>`),
);
const stanzas = fc.array(stanza, { maxLength: 4 });

/** What is made of these pieces. @param written how an element is told: by default all that is in it */
function read(pieces: readonly Uint8Array[], written: (element: Element) => string = String): string[] {
	const decoder = new TextDecoder();
	const seen: string[] = [];
	const parser = new StanzaParser(
		{
			onStart: ({ attrs }) => seen.push(`start ${attrs.id}`),
			onElement: (element) => seen.push(written(element)),
			onSkipped: (head) => seen.push(`skipped ${head}`),
			onEnd: () => seen.push("end"),
			onFault: (condition) => seen.push(condition),
		},
		{ hasHeader: true },
	);
	for (const piece of pieces) parser.write(decoder.decode(piece, { stream: true }));
	return seen;
}

/** What xmpp.js does not type. */
interface Framed {
	_attachParser(parser: unknown): void;
	_onData(message: string): void;
	transports: { prototype: { Parser: new () => unknown } }[];
}

const double = await startComponentDouble();

const bytesOf = (text: string) => new TextEncoder().encode(text);
const streamOf = (list: readonly string[]) => `${HEADER}${list.join("")}</stream:stream>`;

export const fuzzed: Fuzzed = {
	name: "a stream's bytes",
	properties: [
		always(
			"give the same stanzas however they are cut",
			{ weight: 4, most: 200_000 },
			fc.tuple(stanzas, cutsOf(12)),
			([list, cuts]) => {
				const bytes = bytesOf(streamOf(list));
				const whole = read([bytes]);
				same(whole.length, list.length + 2);
				same(read(cut(bytes, cuts)), whole);
			},
		),
		always(
			"give the same stanzas up to where they are no XML, however they are cut",
			{ weight: 4, most: 200_000 },
			fc.tuple(spoiltText(stanzas.map(streamOf)), cutsOf(8)),
			([text, cuts]) => {
				// Of what is not over nothing is said yet: with this in the last piece it is looked at.
				const end = bytesOf("<>");
				const bytes = bytesOf(text);
				const whole = read([bytes, end]);
				const pieces = read([...cut(bytes, cuts), end]);
				const at = whole.findIndex((one) => FAULTS.includes(one));
				claim(at === -1 || at === whole.length - 1, "it read on");
				same(pieces, whole);
			},
		),
		always("are read as the parser of xmpp.js reads them", { weight: 2, most: 50_000 }, stanzas, (list) => {
			const parser = new Parser();
			const seen: string[] = [];
			parser.on("element", (element: Element) => void seen.push(String(element)));
			parser.write(HEADER + list.join(""));
			same(read([bytesOf(HEADER + list.join(""))]).slice(1), seen);
		}),
		always(
			"are passed over to the same end where a stanza has too much in it, however they are cut",
			{ weight: 1, most: 2_000 },
			fc.tuple(stanzas, fc.array(stanza, { minLength: 1, maxLength: 3 }), cutsOf(12)),
			([before, inside, cuts]) => {
				const content = `${inside.join("")}${"<a/>".repeat(5_000)}${inside.join("")}`;
				const list = [...before, `<iq type="set" id="many">${content}</iq>`, `<iq id="after"/>`];
				const bytes = bytesOf(streamOf(list));
				const whole = read([bytes]);
				same(whole.slice(-3), [`<iq type="set" id="many"/>`, `<iq id="after"/>`, "end"]);
				same(read(cut(bytes, cuts)), whole);
			},
		),
		always(
			"over WebSocket are one stanza a message, or the end of the stream",
			{ weight: 4, most: 100_000 },
			// A message is UTF-8 as a whole.
			fc.array(
				spoiltText(stanza, 2).map((text) => text.toWellFormed()),
				{ maxLength: 4 },
			),
			(messages) => {
				const entity = new Client({ service: "ws://127.0.0.1/", domain: "example.org" });
				websocket({ entity });
				const seen: string[] = [];
				let faults = 0;
				readWholeStanzas(entity, {
					onSkipped: (head) => seen.push(`skipped ${head}`),
					onFault: () => faults++,
					isAwaited: () => false,
				});
				const { _attachParser, _onData, transports } = entity as unknown as Framed;
				const Parser = transports[0]?.prototype.Parser;
				if (!Parser) throw new Error("no transport");
				entity.on("element", (element: Element) => seen.push(meaningOf(element)));
				_attachParser.call(entity, new Parser());
				for (const message of messages) {
					seen.length = 0;
					_onData.call(entity, message);
					if (faults > 0) break;
					claim(
						seen.length > 0 || message.trim() === "" || /<(open|close)/.test(message),
						"nothing came of it",
					);
					if (seen.length === 1) same(read([bytesOf(HEADER + message)], meaningOf)[1], seen[0]);
				}
			},
		),
		eventually(
			"over TCP reach the connector the same, however they are cut, and rubbish ends the stream with a sentence",
			{ weight: 1, most: 5_000 },
			fc.tuple(stanzas, cutsOf(4), fc.option(spoiltText(stanza), { freq: 4 })),
			async ([list, cuts, rubbish]) => {
				const seen: string[] = [];
				const arrived = Promise.withResolvers<void>();
				const management = createStreamManagement(undefined, {
					save: async () => {},
					send: () => {},
					onFault: (error) => seen.push(String(error)),
				});
				const stream = await openComponentStream(component(double.service), {
					management,
					onLife: () => {},
					onOpen: () => {},
					deadlineMs: 60_000,
					onStanza(element, handled) {
						if (element.attrs.id === "last") arrived.resolve();
						else seen.push(meaningOf(element));
						handled();
					},
					signal: new AbortController().signal,
				});
				try {
					const last = `<message id="last"/>`;
					for (const piece of cut(bytesOf(list.join("") + last), cuts)) {
						double.send(piece);
						await new Promise((resolve) => setImmediate(resolve));
					}
					await arrived.promise;
					same(seen, read([bytesOf(HEADER + list.join(""))], meaningOf).slice(1));
					if (rubbish !== null) double.send(rubbish);
					// What the rubbish leaves open has no end of its own.
					await Promise.race([stream.closed, stream.leave()]);
					claimSentence((await stream.closed).message);
				} finally {
					stream.drop();
				}
			},
		),
	],
	close: async () => double.stop(),
};
