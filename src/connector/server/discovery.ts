/**
 * The way to an account's server: the URL that the operator gave, or what the account's domain names (XEP-0156); and by
 * what its certificate is checked.
 */
import type { Logger } from "@logtape/logtape";
import { settingOf, shownUrl, type XmppAccount } from "../../config/connections.ts";
import { StreamFailure } from "../stream/stream.ts";
import { askHostMeta, type HostMetaDeps, NothingFound } from "./host-meta.ts";
import { createTrust, type Tls } from "./trust.ts";

export interface Way {
	/** A URL. */
	service: string;
	/** Missing: the certificate is checked as always. */
	tls?: Tls;
}

export interface Ways {
	/**
	 * The way to take now.
	 * @throws {StreamFailure} where none is known
	 */
	find(signal: AbortSignal): Promise<Way>;
	/** The URL of the way that was found last. */
	service(): string | undefined;
	/** No stream could be opened on the way that was found last: the domain is asked anew, as the server may have moved. */
	failed(): void;
}

/** Of one account, as long as the process runs. */
export function createWays(
	account: XmppAccount,
	{ log, fetch }: { log: Pick<Logger, "info">; fetch?: HostMetaDeps["fetch"] },
): Ways {
	const trust = createTrust(account.ca, account);
	/** What the domain named last: good until it names others, also while its web server is away. */
	let named: readonly string[] = [];
	let isStale = true;
	let tries = 0;
	let { service } = account;

	async function ask(signal: AbortSignal): Promise<void> {
		const { address, domain } = account;
		try {
			const found = await askHostMeta(
				domain,
				{ tlsFor: trust.besidesUsual, ...(fetch && { fetch }) },
				signal,
			);
			isStale = false;
			if (found.join() === named.join()) return;
			named = found;
			tries = 0;
			log.info("{address}: {domain} names {service} as its XMPP server.", {
				address,
				domain,
				service: found.map(shownUrl).join(", "),
			});
		} catch (error) {
			if (named.length > 0) return;
			const reason = error instanceof NothingFound ? error.message : String(error);
			throw new StreamFailure(
				"other",
				`${domain} does not say where its XMPP server takes WebSocket connections (XEP-0156), at ${domain}/.well-known/ (${reason}). Set ${settingOf(account, "service")}: with Prosody wss://${domain}:5281/xmpp-websocket, with ejabberd wss://${domain}:5443/ws, unless they were set up otherwise.`,
			);
		}
	}

	return {
		async find(signal) {
			if (account.service === undefined && isStale) await ask(signal);
			service = account.service ?? named[tries % named.length] ?? "";
			const tls = await trust.at(new URL(service), signal);
			return { service, ...(tls && { tls }) };
		},

		service: () => service,

		failed() {
			isStale = true;
			tries++;
		},
	};
}
