/** Where a domain's server takes WebSocket connections. */
import { wholeAnswer } from "../../limits/answer-size.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { hostMetaUrl, linksOfJson, linksOfXrd, usableLinks } from "../../syntax/host-meta.ts";
import { isDomainPart } from "../../syntax/jid-syntax.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";

const FORMS = [
	["host-meta.json", linksOfJson],
	["host-meta", linksOfXrd],
] as const;

/** As `Kit` has it. */
export async function findServer(
	domain: string,
	servers: Readonly<Record<string, string>>,
	{ fetch, isHttp, timeout }: Pick<KitDeps, "fetch" | "isHttp" | "timeout">,
	signal?: AbortSignal,
): Promise<readonly string[]> {
	const name = domain.toLowerCase();
	const named = servers[name];
	if (named !== undefined && isService(named, isHttp)) return [named];
	// What is no domain could lead to another place than a domain's.
	if (!isDomainPart(name)) throw new Fault({ kind: "no-server-known", domain });

	const deadline = timeout(loginBounds.hostMetaTime.is);
	const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
	for (const [file, read] of FORMS) {
		try {
			const links = usableLinks(read(await get(hostMetaUrl(name, file))) ?? []);
			if (links.length > 0) return links;
		} catch {
			// Nothing there, nobody there, no leave to read it (CORS), or no such list: all leave the other form.
			signal?.throwIfAborted();
		}
	}
	throw new Fault({ kind: "no-server-known", domain });

	async function get(url: string): Promise<string> {
		const answer = await fetch(url, {
			signal: ends,
			credentials: "omit",
			referrerPolicy: "no-referrer",
		});
		if (!answer.ok) throw new Error(`status ${answer.status}`);
		// What pages are told of another origin's headers does not say how long it is unpacked.
		const whole = await wholeAnswer(new Response(answer.body), loginBounds.hostMeta.is, ends);
		return whole.text();
	}
}

/** Whether a connection may go there from this page. */
export function isService(url: string, isHttp: boolean): boolean {
	const protocol = URL.parse(url)?.protocol;
	return protocol === "wss:" || (isHttp && protocol === "ws:");
}
