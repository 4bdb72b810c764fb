/**
 * What a domain says of where its XMPP server takes WebSocket connections (XEP-0156), in the two forms that the list has:
 * `/.well-known/host-meta.json` (RFC 6415 §3) and `/.well-known/host-meta` (XRD).
 */

import { loginBounds } from "../limits/bounds/login.ts";
import { toALabels } from "./domain-name.ts";
import { StanzaParser } from "./stanza-parser.ts";
import type { Element } from "./xml.ts";

/** XEP-0156 §2 */
const WEBSOCKET = "urn:xmpp:alt-connections:websocket";

/** Where a domain has its list in one of the forms. */
export const hostMetaUrl = (domain: string, file: "host-meta.json" | "host-meta") =>
	`https://${toALabels(domain)}/.well-known/${file}`;

/**
 * Those of a list's links that a connection may go to, each once, in the domain's order. Nothing but `wss://` is taken
 * from the net: it would not be encrypted.
 */
export function usableLinks(links: readonly string[]): string[] {
	const urls = links.flatMap((href) => {
		const url = URL.parse(href);
		return url?.protocol === "wss:" && url.hostname && !url.username && !url.password ? [url.href] : [];
	});
	return [...new Set(urls)].slice(0, loginBounds.hostMetaLinks.is);
}

/** @throws for what is no JSON */
export function linksOfJson(text: string): string[] {
	const { links } = (JSON.parse(text) ?? {}) as { links?: unknown };
	if (!Array.isArray(links)) return [];
	return links.flatMap((link: { rel?: unknown; href?: unknown } | null) =>
		link?.rel === WEBSOCKET && typeof link.href === "string" ? [link.href] : [],
	);
}

/** @returns undefined: it is no XML, or none that this reads */
export function linksOfXrd(text: string): string[] | undefined {
	const links: string[] = [];
	let isReadable = true;
	// An XRD is a header with elements in it, as a stream is.
	const parser = new StanzaParser(
		{
			onElement({ name, attrs }: Element) {
				const isLink = name.split(":").at(-1) === "Link" && attrs.rel === WEBSOCKET;
				if (isLink && typeof attrs.href === "string") links.push(attrs.href);
			},
			onSkipped() {},
			onFault() {
				isReadable = false;
			},
		},
		{ hasHeader: true },
	);
	parser.write(withoutComments(text.replace(/^\ufeff/, "")));
	return isReadable ? links : undefined;
}

/** Which streams may not hold, and files do. */
function withoutComments(text: string): string {
	const kept: string[] = [];
	for (let at = 0; ; ) {
		const start = text.indexOf("<!--", at);
		kept.push(text.slice(at, start === -1 ? undefined : start));
		const end = start === -1 ? -1 : text.indexOf("-->", start);
		if (end === -1) return kept.join("");
		at = end + 3;
	}
}
