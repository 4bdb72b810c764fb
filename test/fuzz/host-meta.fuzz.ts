import fc from "fast-check";
import { linksOfJson, linksOfXrd } from "../../src/syntax/host-meta.ts";
import { claim } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

const WEBSOCKET = "urn:xmpp:alt-connections:websocket";
const xrd = fc
	.webUrl()
	.map(
		(href) =>
			`<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'><!-- a --><Link rel='${WEBSOCKET}' href='${href.replaceAll("&", "&amp;")}'/></XRD>`,
	);
const json = fc.jsonValue().map((links) => JSON.stringify({ links }));

/** Reads, or refuses in its own way. */
function read(
	reader: (text: string) => string[] | undefined,
	text: string,
	ours: (error: unknown) => boolean,
) {
	try {
		for (const link of reader(text) ?? []) claim(typeof link === "string", typeof link);
	} catch (error) {
		claim(ours(error), String(error));
	}
}

export const fuzzed: Fuzzed = {
	name: "a domain's list of ways to its server",
	properties: [
		always("in XRD is read, or refused", { weight: 4 }, fc.oneof(anyText, xrd, spoiltText(xrd)), (text) =>
			read(linksOfXrd, text, () => false),
		),
		always("in JSON is read, or refused", { weight: 4 }, fc.oneof(anyText, json, spoiltText(json)), (text) =>
			read(linksOfJson, text, (error) => error instanceof SyntaxError),
		),
	],
};
