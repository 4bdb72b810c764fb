/**
 * Why a request got no answer, in words: what happened, and what to do about it. The codes are those of Bun's `fetch`,
 * of the system and of OpenSSL; each was seen with Bun 1.4.5 unless it is one of the system's own.
 */

const CERTIFICATE =
	"its certificate is signed by nobody trusted here: if by an authority or proxy of yours, set NODE_EXTRA_CA_CERTS to that certificate's file";
const NO_WAY = "there is no way to its address: look at this machine's network, IPv6 and firewall";
const NO_DNS = "no name server answers for {host}: look at this machine's DNS (resolv.conf)";

/** By code, the end of a sentence, with `{host}` for what was looked up. Fit for clients: short, without a URL. */
const WORDS: Readonly<Record<string, string>> = {
	// Names.
	ENOTFOUND: "DNS does not know {host}: is it spelt right, and does DNS work on this machine?",
	ENODATA: "DNS has no address of {host}: is its name spelt right?",
	EAI_AGAIN: NO_DNS,
	ESERVFAIL: NO_DNS,
	EREFUSED: NO_DNS,
	ETIMEOUT: NO_DNS,
	// Ports and ways.
	ECONNREFUSED:
		"nothing takes connections there: is the port right, is it running (or the proxy), is a firewall closed?",
	ECONNRESET:
		"the connection was cut: if it goes on, look at firewalls and proxies between, and whether the port is right",
	ETIMEDOUT: "nothing comes back: does a firewall here let connections to its port out?",
	EHOSTUNREACH: NO_WAY,
	ENETUNREACH: NO_WAY,
	EADDRNOTAVAIL: NO_WAY,
	EINVAL: NO_WAY,
	EACCES: "this machine's firewall forbids the connection: allow it there",
	EPERM: "this machine's firewall forbids the connection: allow it there",
	EMFILE: "too many files are open here: raise the limit (ulimit -n, or LimitNOFILE in systemd)",
	ENFILE: "too many files are open on this machine: raise its limit",
	FailedToOpenSocket:
		"no connection could be opened here: look at the limit of open files, and at the app's certificate",
	Malformed_HTTP_Response: "what came is not HTTP: is the port right?",
	// Proxies.
	ERR_PROXY_TUNNEL:
		"the proxy of HTTPS_PROXY refused: does it want a name and password, and may it be asked for this host and port?",
	UnsupportedProxyProtocol:
		"HTTPS_PROXY must be the http URL of a proxy: others, such as SOCKS, are not spoken",
	HTTP2Unsupported:
		"no HTTP/2, which APNs needs and which goes through no proxy: allow a direct way, and put the host into NO_PROXY",
	// TLS.
	EPROTO: "the other side speaks no TLS that we know there: is the port right?",
	DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
	SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
	UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
	CERT_HAS_EXPIRED: "its certificate has expired: renew it there, or set this machine's clock",
	CERT_NOT_YET_VALID: "its certificate is not valid yet: is this machine's clock right?",
	ERR_TLS_CERT_ALTNAME_INVALID:
		"its certificate is for another name: is the host right, or does DNS or a proxy lead elsewhere?",
};

const UNNAMED = "the host's name";

/**
 * What a code of Bun, the system or OpenSSL means, and what to do: the end of a sentence.
 * @param host what was looked up
 * @returns undefined: it is not known
 */
export const causeOf = (code: string, host = UNNAMED): string | undefined =>
	Object.hasOwn(WORDS, code) ? WORDS[code]?.replace("{host}", () => host) : undefined;

/** A text with such causes in it, for readers who need not know which host was looked up. */
export function withoutHost(text: string, host: string): string {
	const causes = new Set(Object.values(WORDS).filter((words) => words.includes("{host}")));
	let unnamed = text;
	for (const words of causes) {
		const [before = "", after = ""] = words.split("{host}");
		unnamed = unnamed.replaceAll(`${before}${host}${after}`, `${before}${UNNAMED}${after}`);
	}
	return unnamed;
}

/** A longer run of letters counts as a token wherever reasons are shown to clients. */
const LONGEST_CODE = 31;

/**
 * A failure to get any answer, in words that hold no URL.
 * @param error what `fetch` threw: nothing is taken from it but its code and the name that was looked up, since its
 *   message has the URL
 * @param asked the host of the URL; another name that was looked up is a proxy's, and is the operator's own affair
 */
export function networkFailure(error: unknown, asked?: string): string {
	const said = error instanceof Error && "code" in error ? error.code : undefined;
	if (typeof said !== "string" || !/^[A-Z0-9_]{1,50}$/i.test(said)) return "network failure";
	// As Bun's own lookup says it.
	const code = said.replace(/^DNS_/, "");
	const words = causeOf(code, lookedUp(error, asked));
	if (words === undefined) return `network failure: ${code}`;
	return code.length > LONGEST_CODE ? `network failure: ${words}` : `network failure: ${code}, ${words}`;
}

/** The name that was looked up, where it is known. */
function lookedUp(error: unknown, asked: string | undefined): string | undefined {
	const name = error instanceof Error && "hostname" in error ? error.hostname : undefined;
	if (typeof name !== "string" || !/^[a-z0-9._-]{1,253}$/i.test(name)) return asked;
	return asked === undefined || name === asked ? name : "the proxy's name";
}
