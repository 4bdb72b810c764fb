/** Messages over WebSocket, read without a connection. */
import { expect, test } from "bun:test";
import { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import type { Element } from "@xmpp/xml";
import { readWholeStanzas } from "../../src/bun/framed-stanzas.ts";

/** What xmpp.js does not type. */
interface Framed {
	_attachParser(parser: unknown): void;
	_onData(message: string): void;
	transports: [{ prototype: { Parser: new () => unknown } }];
}

/** A client without a connection, and what it made of its messages. */
function reader() {
	const entity = new Client({ service: "ws://127.0.0.1/", domain: "example.org" });
	websocket({ entity });
	const faults: string[] = [];
	const elements: string[] = [];
	readWholeStanzas(entity, (fault) => faults.push(fault));
	entity.on("error", (error: Error) => faults.push(error.message));
	entity.on("element", (element: Element) => elements.push(element.toString()));
	const framed = entity as unknown as Framed;
	framed._attachParser(new framed.transports[0].prototype.Parser());
	return { faults, elements, read: (message: string) => framed._onData(message) };
}

test("what looks like an open CDATA section in one message does not hide a comment in the next", () => {
	const { faults, read } = reader();
	read(`<message <![CDATA[="x"><body/></message>`);
	expect(faults).toEqual([]);
	read("<message><!-- --></message>");
	expect(faults).toEqual(["restricted-xml"]);
});

test.each([
	["a message of blanks", [" ", "<iq/>", "\n", "<message/>"]],
	["blanks around an element", ["\n<iq/>\n", "<message/>"]],
	["an XML declaration before an element", ["<?xml version='1.0'?>\n<iq/>", "<message/>"]],
	["two elements in a message", ["<iq/><message/>"]],
])("%s does not end the stream", (_, messages) => {
	const { faults, elements, read } = reader();
	for (const message of messages) read(message);
	expect({ faults, elements }).toEqual({ faults: [], elements: ["<iq/>", "<message/>"] });
});
