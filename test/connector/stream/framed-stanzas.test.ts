/** Messages over WebSocket, read without a connection. */
import { describe, expect, test } from "bun:test";
import { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import type { Element } from "@xmpp/xml";
import { readWholeStanzas } from "../../../src/connector/stream/framed-stanzas.ts";
import { stanzaBounds } from "../../../src/limits/bounds/stanzas.ts";
import { parse } from "../../xmpp/parse.ts";

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
	const skipped: string[] = [];
	readWholeStanzas(entity, {
		onSkipped: (head) => skipped.push(String(head)),
		onFault: (fault) => faults.push(fault),
		isAwaited: ({ attrs }) => attrs.id === "awaited",
	});
	entity.on("error", (error: Error) => faults.push(error.message));
	entity.on("element", (element: Element) => elements.push(element.toString()));
	const framed = entity as unknown as Framed;
	framed._attachParser(new framed.transports[0].prototype.Parser());
	return { faults, elements, skipped, read: (message: string) => framed._onData(message) };
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

describe("a message that is too long", () => {
	const LONG = "x".repeat(stanzaBounds.taken.is + 1);

	test.each([
		[
			"a message",
			`<message from='a@b/c' xmlns="jabber:client" id="1&amp;2"><body>${LONG}</body></message>`,
			`<message from="a@b/c" xmlns="jabber:client" id="1&amp;2"/>`,
		],
		[
			"behind a declaration",
			`<?xml version="1.0"?>\n<presence id="1">${LONG}</presence>`,
			`<presence id="1"/>`,
		],
		["of which nothing is whole", `<iq id="1">${LONG}<!-- </b>`, `<iq id="1"/>`],
	])("is not looked into, and its sender and id are known: %s", (_, message, head) => {
		const { faults, elements, skipped, read } = reader();
		read(message);
		read("<iq/>");
		expect({ faults, elements, skipped }).toEqual({ faults: [], elements: ["<iq/>"], skipped: [head] });
	});

	test("is known when it is repeated with more in it, however long its own tag is", () => {
		const { skipped, read } = reader();
		for (const [attributes, more] of [
			[`id="${LONG}" from="a"`, ""],
			[`from="a" id="${LONG}"`, "<delay/>"],
		]) {
			read(`<message ${attributes}><body/>${more}</message>`);
		}
		const [one, other] = skipped.map((head) => (parse(head).attrs.id as string) + parse(head).attrs.from);
		expect(one).toBe(other as string);
		expect(one).toMatch(/^x{1024,10000}a$/);
	});

	test("that is no stanza ends the stream", () => {
		for (const message of [
			`<features>${LONG}</features>`,
			LONG,
			`<messages>${LONG}</messages>`,
			`<!--${LONG}`,
		]) {
			const { faults, skipped, read } = reader();
			read(message);
			read("<iq/>");
			expect({ faults, skipped }).toEqual({ faults: ["policy-violation"], skipped: [] });
		}
	});

	test("is read where it answers us, and is an error beyond what answers may be", () => {
		const { faults, elements, skipped, read } = reader();
		const answer = (count: number) => `<iq type="result" id="awaited">${"<a/>".repeat(count)}</iq>`;
		read(answer(stanzaBounds.taken.is / 4));
		read(answer(stanzaBounds.hostAnswerTaken.is / 4));
		expect(elements).toEqual([answer(stanzaBounds.taken.is / 4), `<iq type="error" id="awaited"/>`]);
		expect({ faults, skipped }).toEqual({ faults: [], skipped: [] });
	});
});
