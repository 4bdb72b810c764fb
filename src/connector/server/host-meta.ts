/**
 * Asks a domain where its XMPP server takes WebSocket connections (XEP-0156): in JSON, else in XRD.
 */
import { fetchWhole } from "../../bun/fetch/plain.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { networkFailure } from "../../services/network-failures.ts";
import { hostMetaUrl, linksOfJson, linksOfXrd, usableLinks } from "../../syntax/host-meta.ts";
import type { Tls } from "./trust.ts";

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
			const found = read(await get(new URL(hostMetaUrl(domain, file)), deadline));
			if (!found) throw new NothingFound("it is no XRD");
			const links = usableLinks(found);
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
