/** Messages over WebSocket, read without a connection. */
import { expect, test } from "bun:test";
import { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import { readWholeStanzas } from "../../src/bun/framed-stanzas.ts";

/** What xmpp.js does not type. */
interface Framed {
	_attachParser(parser: unknown): void;
	_onData(message: string): void;
	transports: [{ prototype: { Parser: new () => unknown } }];
}

test("what looks like an open CDATA section in one message does not hide a comment in the next", () => {
	const entity = new Client({ service: "ws://127.0.0.1/", domain: "example.org" });
	websocket({ entity });
	const faults: string[] = [];
	readWholeStanzas(entity, (fault) => faults.push(fault));
	const framed = entity as unknown as Framed;
	framed._attachParser(new framed.transports[0].prototype.Parser());
	framed._onData(`<message <![CDATA[="x"><body/></message>`);
	expect(faults).toEqual([]);
	framed._onData("<message><!-- --></message>");
	expect(faults).toEqual(["restricted-xml"]);
});
