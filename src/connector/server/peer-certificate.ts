/** The certificate that a server shows, whoever signed it: to compare it, and to say what is wrong with it. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { loginBounds } from "../../limits/bounds/login.ts";
import { quoted } from "../../limits/text-length.ts";

export interface PeerCertificate {
	pem: string;
	/** Its fingerprint, 64 hexadecimal digits. */
	sha256: string;
	/** The names that it is for, at most a few, in short. */
	names: string;
	/** Who signed it, in short. */
	issuer: string;
	/** Dates, UTC. */
	from: string;
	until: string;
	/** Those that the server shows behind its own, from who signed it on; missing: none. */
	others?: readonly { name: string; until: string }[];
}

/** Longer chains are nobody's. */
const LONGEST_CHAIN = 5;

/** As `openssl x509 -fingerprint -sha256` prints it on the server, to be compared; XMPP_CA takes it so. */
export const shownFingerprint = (sha256: string) =>
	`sha256:${sha256.toUpperCase().replace(/(..)(?=.)/g, "$1:")}`;

const day = (text: string) => new Date(text).toISOString().slice(0, 10);

/** @returns what of a certificate is told, from the certificate itself */
export function readCertificate(certificate: X509Certificate): PeerCertificate {
	const names = [...(certificate.subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)];
	const [shown, more] = [names.slice(0, 5).map(([, name]) => name), names.length > 5 ? ", …" : ""];
	return {
		pem: certificate.toString(),
		sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
		// Anybody may have made it.
		names:
			(shown.map((name = "") => quoted(name)).join(", ") ||
				"no name (only a common name, which does not count)") + more,
		issuer: issuerOf(certificate),
		from: day(certificate.validFrom),
		until: day(certificate.validTo),
	};
}

function issuerOf({ issuer, subject }: X509Certificate): string {
	return issuer === subject ? "itself" : nameIn(issuer);
}

/** A common name, else an organisation. */
function nameIn(subject: string): string {
	const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? /^O=(.*)$/m.exec(subject)?.[1];
	return quoted(name ?? "nobody with a name");
}

/** The chain behind a certificate. @param own itself: who signed itself is behind itself */
function othersIn(
	first: DetailedPeerCertificate | undefined,
	own: Buffer,
): { name: string; until: string }[] {
	const others: { name: string; until: string }[] = [];
	let before = own;
	for (let next = first; next?.raw && !next.raw.equals(before); next = next.issuerCertificate) {
		const { subject, validTo } = new X509Certificate(next.raw);
		others.push({ name: nameIn(subject), until: day(validTo) });
		if (others.length === LONGEST_CHAIN) break;
		before = next.raw;
	}
	return others;
}

/**
 * Connects, takes the certificate and goes: nothing is sent, and nothing is believed.
 * @param url of a server that speaks TLS at once
 * @param signal ends it early
 * @returns undefined where there is none to be had
 */
export function peerCertificate(url: URL, signal: AbortSignal): Promise<PeerCertificate | undefined> {
	const { promise, resolve } = Promise.withResolvers<PeerCertificate | undefined>();
	const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
	const socket = connect({
		host,
		port: Number(url.port) || 443,
		// An address is no name to ask for (RFC 6066 §3).
		...(isIP(host) === 0 && { servername: host }),
		rejectUnauthorized: false,
	});
	const end = () => resolve(undefined);
	const timer = setTimeout(end, loginBounds.certificateTime.is);
	signal.addEventListener("abort", end, { once: true });
	socket.once("secureConnect", () => {
		try {
			const { raw, issuerCertificate } = socket.getPeerCertificate(true);
			if (!raw) return end();
			const others = othersIn(issuerCertificate, raw);
			resolve({ ...readCertificate(new X509Certificate(raw)), ...(others.length > 0 && { others }) });
		} catch {
			end();
		}
	});
	socket.on("error", end);
	socket.on("close", end);
	return promise.finally(() => {
		clearTimeout(timer);
		signal.removeEventListener("abort", end);
		socket.destroy();
	});
}
