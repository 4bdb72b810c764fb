/** The way to an account's server: by which name it is found, where that leads, and what certificate is shown there. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Config } from "../../../../config/config.ts";
import { settingOf, shownUrl, type XmppAccount } from "../../../../config/connections.ts";
import type { Way } from "../../../../connector/server/discovery.ts";
import { askHostMeta } from "../../../../connector/server/host-meta.ts";
import { peerCertificate } from "../../../../connector/server/peer-certificate.ts";
import { createTrust } from "../../../../connector/server/trust.ts";
import { bad, type Finding, ok, reasonOf, timed, warn } from "../finding.ts";

const DAY_MS = 86_400_000;
/** A certificate that ends sooner is told, days: those that renew themselves do so before. */
const SOON_DAYS = 10;
/** How long a domain may take to say where its server is, ms. */
const HOST_META_MS = 5_000;

/** What the name of a host leads to. */
export async function lookAtName(url: URL, setting: string): Promise<Finding[]> {
	const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
	if (isIP(host) !== 0) return [];
	try {
		const { value, ms } = await timed(lookup(host, { all: true }));
		return [ok("DNS", `${host} is ${value.map(({ address }) => address).join(", ")}.`, ms)];
	} catch (error) {
		const { code = "unknown error" } = error as NodeJS.ErrnoException;
		const text = `the name ${host} leads nowhere (${code}).`;
		return [bad("DNS", text, `correct ${setting}, or this machine's name server: getent ahosts ${host}`)];
	}
}

/** Where a domain says that browsers find its server (XEP-0156). */
export async function lookAtHostMeta(
	account: XmppAccount,
	webApp: Config["webApp"],
	signal: AbortSignal,
): Promise<Finding[]> {
	const { domain } = account;
	const isKnown = webApp?.servers[domain] !== undefined;
	// Nobody needs it then: the server is named in the settings.
	if (account.service !== undefined && (webApp === undefined || isKnown)) return [];
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(HOST_META_MS)]);
	try {
		const tlsFor = createTrust(account.ca, account).besidesUsual;
		const { value, ms } = await timed(askHostMeta(domain, { tlsFor }, deadline));
		return [ok("host-meta", `${domain} names ${value.map(shownUrl).join(", ")}.`, ms)];
	} catch (error) {
		const text = `${domain} does not say where browsers find its server (${reasonOf(error)}): the web app does not find it by itself.`;
		const todo = `serve https://${domain}/.well-known/host-meta.json (XEP-0156), or set WEB_APP_SERVERS=${domain}=wss://…`;
		return [
			account.service === undefined
				? bad("host-meta", text, `${todo}; for Reveille itself set ${settingOf(account, "service")}`)
				: warn("host-meta", text, todo),
		];
	}
}

/** When its certificate ends. Whether it is trusted shows at the login. */
export async function lookAtCertificate({ service }: Way, signal: AbortSignal): Promise<Finding[]> {
	const url = new URL(service);
	if (url.protocol !== "wss:") return [];
	const shown = await peerCertificate(url, signal);
	if (!shown) return [];
	const daysTo = (until: string) => Math.floor((Date.parse(until) - Date.now()) / DAY_MS);
	const days = daysTo(shown.until);
	const about = `for ${shown.names}, signed by ${shown.issuer}`;
	if (days < 0) {
		const text = `${about}: it has expired on ${shown.until}.`;
		return [bad("Certificate", text, "renew it on the XMPP server; with certbot: certbot renew")];
	}
	if (days <= SOON_DAYS) {
		const text = `${about}: it expires on ${shown.until}.`;
		return [warn("Certificate", text, "renew it on the XMPP server; with certbot: certbot renew")];
	}
	// One of an authority may end before the server's own.
	const ending = shown.others?.find(({ until }) => daysTo(until) <= SOON_DAYS && until < shown.until);
	if (ending) {
		const text = `${about}: that of ${ending.name}, by which it is trusted, expires on ${ending.until}.`;
		return [
			warn("Certificate", text, "renew the whole chain on the XMPP server; with certbot: certbot renew"),
		];
	}
	return [ok("Certificate", `${about}, good until ${shown.until}.`)];
}
