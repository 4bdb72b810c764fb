/**
 * Where a domain's XMPP server takes WebSocket connections, as the domain itself says (XEP-0156): in
 * `/.well-known/host-meta.json` (RFC 6415 §3), else in `/.well-known/host-meta` (XRD).
 */
import type { Element } from "@xmpp/xml";
import { fetchWhole } from "../../bun/fetch/plain.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { networkFailure } from "../../services/network-failures.ts";
import { toALabels } from "../../syntax/domain-name.ts";
import { StanzaParser } from "../stream/stanza-parser.ts";
import type { Tls } from "./trust.ts";

/** XEP-0156 §2 */
const WEBSOCKET = "urn:xmpp:alt-connections:websocket";

/** The domain says nothing that can be used, as the middle of a sentence. */
export class NothingFound extends Error {
	override name = "NothingFound";
}

export interface HostMetaDeps {
	/** How to check the certificate of a web server; undefined: as always. */
	tlsFor(url: URL, signal: AbortSignal): Promise<Tls | undefined>;
	fetch?: typeof fetchWhole;
}

/**
 * Asks a domain.
 * @param signal ends it early
 * @returns `wss://` URLs in the domain's order, at least one. Nothing else is taken from the net: it would not be
 *   encrypted
 * @throws {NothingFound}
 */
export async function askHostMeta(
	domain: string,
	{ tlsFor, fetch = fetchWhole }: HostMetaDeps,
	signal: AbortSignal,
): Promise<readonly string[]> {
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(loginBounds.hostMetaTime.is)]);
	const faults: { file: string; words: string }[] = [];
	for (const [file, read] of [
		["host-meta.json", linksOfJson],
		["host-meta", linksOfXrd],
	] as const) {
		try {
			const text = await get(new URL(`https://${toALabels(domain)}/.well-known/${file}`), deadline);
			const links = usable(read(text));
			if (links.length > 0) return links;
			faults.push({ file, words: "it names no wss:// address" });
		} catch (error) {
			if (signal.aborted) throw error;
			faults.push({ file, words: wordsOf(error, deadline) });
		}
	}
	const [first] = faults;
	const isAlike = faults.every(({ words }) => words === first?.words);
	throw new NothingFound(
		isAlike
			? `${faults.map(({ file }) => file).join(" and ")}: ${first?.words}`
			: faults.map(({ file, words }) => `${file}: ${words}`).join("; "),
	);

	async function get(first: URL, deadline: AbortSignal): Promise<string> {
		let url = first;
		for (let hops = 0; hops <= loginBounds.hostMetaRedirects.is; hops++) {
			const tls = await tlsFor(url, deadline);
			const init = { redirect: "manual", signal: deadline, ...(tls && { tls }) } as RequestInit;
			const answer = await fetch(url.href, loginBounds.hostMeta.is, init);
			if (answer.status === 200) return await answer.text();
			answer.body?.cancel().catch(() => {});
			const isElsewhere = [301, 302, 303, 307, 308].includes(answer.status);
			const next = isElsewhere ? URL.parse(answer.headers.get("Location") ?? "", url) : null;
			if (!next) throw new NothingFound(`the web server answers ${answer.status}`);
			if (next.protocol !== "https:" || next.username || next.password) {
				throw new NothingFound("the web server redirects to what is not https://");
			}
			url = next;
		}
		throw new NothingFound("the web server redirects too often");
	}
}

function wordsOf(error: unknown, deadline: AbortSignal): string {
	if (error instanceof NothingFound) return error.message;
	if (deadline.aborted) return "no answer in time";
	if (error instanceof Error && "code" in error) return networkFailure(error);
	return "it cannot be read";
}

/** Those that a connection may go to, each once. */
function usable(links: readonly string[]): string[] {
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

/** @throws {NothingFound} for what is no XML, or none that this reads */
export function linksOfXrd(text: string): string[] {
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
	if (!isReadable) throw new NothingFound("it is no XRD");
	return links;
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
