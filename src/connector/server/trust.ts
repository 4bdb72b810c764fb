/** By what a server's certificate is checked: the authorities that this machine trusts, or what XMPP_CA says. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { StartError } from "../../bun/start-error.ts";
import { settingOf, shownUrl, type Trusted, type XmppConnection } from "../../config/connections.ts";
import { StreamFailure } from "../stream/stream.ts";
import { peerCertificate, shownFingerprint } from "./peer-certificate.ts";

/** As Bun's WebSocket and `fetch` take it. */
export interface Tls {
	ca: string | string[];
	/** A certificate in `ca` is trusted itself, also one that somebody else signed. */
	allowPartialTrustChain: true;
	/** Whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
	rejectUnauthorized: true;
	checkServerIdentity?(host: string, certificate: { fingerprint256?: string }): Error | undefined;
}

const CHECKED = { allowPartialTrustChain: true, rejectUnauthorized: true } as const;

/** @throws {StartError} for certificates that cannot be read */
export function checkTrusted(connections: readonly XmppConnection[]): void {
	for (const connection of connections) {
		if (connection.kind !== "account" || !connection.ca || !("pem" in connection.ca)) continue;
		const texts = connection.ca.pem.match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]*-----END [^-]*-----/g);
		try {
			if (!texts) throw new Error("no certificate has an end");
			for (const text of texts) new X509Certificate(text);
		} catch (error) {
			throw new StartError(
				"xmpp-ca-unreadable",
				`${settingOf(connection, "ca")} is no certificate in PEM that can be read: \`openssl x509 -in FILE -noout -subject\` must print whose it is.`,
				error,
			);
		}
	}
}

export interface Trust {
	/**
	 * How to check the certificate of the server at a URL.
	 * @returns undefined: as always
	 * @throws {StreamFailure} when the server shows another than the one that is trusted
	 */
	at(url: URL, signal: AbortSignal): Promise<Tls | undefined>;
	/** The same for another server, of the same operator, that may have a certificate of the usual kind. */
	besidesUsual(url: URL, signal: AbortSignal): Promise<Tls | undefined>;
}

/** @param ca undefined: the authorities that this machine trusts */
export function createTrust(ca: Trusted | undefined, connection: XmppConnection): Trust {
	/** There is one certificate with this fingerprint: once found it need not be asked for again. */
	let pinned: string | undefined;

	async function found(sha256: string, url: URL, signal: AbortSignal) {
		if (pinned !== undefined) return undefined;
		const shown = await peerCertificate(url, signal);
		if (shown?.sha256 === sha256) pinned = shown.pem;
		return shown;
	}

	return {
		async at(url, signal) {
			if (!ca || url.protocol !== "wss:") return undefined;
			if ("pem" in ca) return { ca: ca.pem, ...CHECKED };
			const shown = await found(ca.sha256, url, signal);
			if (pinned !== undefined) return onlyThis(pinned, ca.sha256);
			// Why nothing is shown says the connection itself, which still takes that one alone.
			if (!shown) return onlyThis([], ca.sha256);
			throw new StreamFailure(
				"other",
				`${shownUrl(url.href)} shows another certificate than the one in ${settingOf(connection, "ca")}: ${shownFingerprint(shown.sha256)}. If your server has a new certificate, write that there. If not, somebody else answers in its place.`,
			);
		},

		async besidesUsual(url, signal) {
			if (!ca) return undefined;
			if ("pem" in ca) return { ca: [...rootCertificates, ca.pem], ...CHECKED };
			const shown = await peerCertificate(url, signal);
			return shown?.sha256 === ca.sha256 ? onlyThis(shown.pem, ca.sha256) : undefined;
		},
	};
}

/** The name does not matter: it is known which certificate it must be. */
function onlyThis(ca: string | string[], sha256: string): Tls {
	return {
		ca,
		...CHECKED,
		checkServerIdentity(_host, { fingerprint256 = "" }) {
			const isIt = fingerprint256.replaceAll(":", "").toLowerCase() === sha256;
			return isIt ? undefined : new Error("another certificate");
		},
	};
}
