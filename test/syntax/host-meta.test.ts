/** What domains say of where their servers are (XEP-0156). */
import { describe, expect, test } from "bun:test";
import { linksOfJson, linksOfXrd } from "../../src/syntax/host-meta.ts";

const WEBSOCKET = "urn:xmpp:alt-connections:websocket";
const json = (...hrefs: unknown[]) =>
	JSON.stringify({
		links: [{ rel: "lrdd", href: "wss://no" }, ...hrefs.map((href) => ({ rel: WEBSOCKET, href }))],
	});

describe("a list in JSON", () => {
	test("names those of XMPP over WebSocket, in order", () => {
		expect(linksOfJson(json("wss://a.example/ws", "wss://b.example/ws"))).toEqual([
			"wss://a.example/ws",
			"wss://b.example/ws",
		]);
	});

	test.each(["null", "[]", "{}", '{"links":{}}', '{"links":[null,1,"a",{}]}', json(7, null, {})])(
		"that holds none, %p, names none",
		(text) => {
			expect(linksOfJson(text)).toEqual([]);
		},
	);
});

describe("a list in XRD", () => {
	const xrd = (inner: string) =>
		`<?xml version='1.0' encoding='utf-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>${inner}</XRD>\n`;

	test("names them, as XEP-0156 writes it, with prefixes and entities too, and not those in comments", () => {
		const text = xrd(`
			<!-- <Link rel="${WEBSOCKET}" href="wss://old.example/ws"/> -->
			<Link rel="urn:xmpp:alt-connections:xbosh" href="https://web.example.com:5280/bosh" />
			<Link rel="${WEBSOCKET}" href="wss://web.example.com:443/ws?a=1&amp;b=2" />
			<Link rel='${WEBSOCKET}' href='wss://two.example/ws'></Link>`);
		expect(linksOfXrd(text)).toEqual(["wss://web.example.com:443/ws?a=1&b=2", "wss://two.example/ws"]);
		expect(linksOfXrd(`<h:XRD xmlns:h='x'><h:Link rel='${WEBSOCKET}' href='wss://a/'/></h:XRD>`)).toEqual([
			"wss://a/",
		]);
	});

	test.each(["<html><p>Not found</html>", "no markup", "<!DOCTYPE html><html></html>", "<a b=c></a>"])(
		"that is none, %p, is refused",
		(text) => {
			expect(linksOfXrd(text)).toBeUndefined();
		},
	);
});
