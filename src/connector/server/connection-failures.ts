/**
 * Why there is no WebSocket connection to an account's server, in words: what is wrong, and what to do. Bun has one
 * sentence for all that TCP and DNS refuse, and tells nothing of a certificate: so it is looked at again.
 */
import { isIP } from "node:net";
import { serviceSettingOf, settingOf, shownUrl, type XmppAccount } from "../../config/connections.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { causeOf } from "../../services/network-failures.ts";
import { causeAnd, StreamFailure } from "../stream/stream.ts";
import type { Way } from "./discovery.ts";
import { type PeerCertificate, peerCertificate, shownFingerprint } from "./peer-certificate.ts";

const UNTRUSTED = new Set([
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_GET_ISSUER_CERT",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Of XMPP over TCP: for clients, for clients over TLS, for servers, for components. */
const OTHER_PORTS = ["5222", "5223", "5269", "5270", "5347"];

const PROSODY = `Prosody takes WebSocket connections at port 5281 once "websocket" is in its modules_enabled (wss://DOMAIN:5281/xmpp-websocket)`;
const EJABBERD =
	"ejabberd takes them where ejabberd_http has /ws: ejabberd_http_ws in request_handlers (wss://DOMAIN:5443/ws)";

/**
 * Looks why.
 * @param error what the WebSocket said
 * @param way the one that was taken
 * @param signal ends the look
 */
export async function explainNoConnection(
	error: unknown,
	{ account, way, signal }: { account: XmppAccount; way: Way; signal: AbortSignal },
): Promise<StreamFailure> {
	const said = error instanceof Error ? error.message : String(error);
	// Bun's own sentence repeats the address.
	const reason = said.replace(/^WebSocket connection to '.*' failed: /, "");
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	const hint =
		byAnswer(reason, account, way) ??
		(await byCertificate(code, { account, way, signal })) ??
		(await byNetwork({ account, way, signal }));
	return new StreamFailure("other", `Cannot connect to ${shownUrl(way.service)} (${reason}): ${hint}.`);
}

const withDomain = (text: string, { domain }: XmppAccount) => text.replaceAll("DOMAIN", domain);
const isTls = ({ service }: Way) => service.startsWith("wss:");

/** Something answered, and it was no WebSocket. */
function byAnswer(reason: string, account: XmppAccount, way: Way): string | undefined {
	const setting = serviceSettingOf(account);
	const status = Number(/Expected 101 status code: (\d{3})/.exec(reason)?.[1]);
	if (status > 0) return withDomain(byStatus(status, setting), account);
	const { port } = new URL(way.service);
	const isOther = OTHER_PORTS.includes(port);
	const ports = `port ${port} is not for WebSocket. ${PROSODY}; ${EJABBERD}`;
	if (/UNRECOGNIZED_NAME/.test(reason)) {
		return `the server has no certificate for ${new URL(way.service).hostname}; ${setting} must have a name that it serves: with Prosody one of its VirtualHosts, or its http_host`;
	}
	// Whoever sends an alert (RFC 8446 §6) speaks TLS.
	if (/_ALERT_/.test(reason)) {
		return withDomain(
			`TLS is there, and the server refuses to begin it: it has perhaps no certificate for ${new URL(way.service).hostname}, or cannot read its key. Give it one, with Prosody: prosodyctl cert generate DOMAIN, or prosodyctl cert import for one of an authority`,
			account,
		);
	}
	if (/WRONG_VERSION_NUMBER|SSL routines/i.test(reason)) {
		return isOther
			? withDomain(`no TLS at once there; check the port of ${setting}: ${ports}`, account)
			: `there is no TLS at that port; check the port of ${setting}, or write ws:// if it is this machine`;
	}
	if (/invalid response/i.test(reason)) {
		return `something else than HTTP listens there; check the port of ${setting}, which is not the one of XMPP clients (5222). ${withDomain(`${PROSODY}; ${EJABBERD}`, account)}`;
	}
	if (/connection ended/i.test(reason) && !isTls(way)) {
		return `it was closed without an answer, as by a port that wants TLS; check ${setting}: perhaps it is wss:// there`;
	}
	return undefined;
}

function byStatus(status: number, setting: string): string {
	if (status === 404) {
		return `a web server is there, and no XMPP over WebSocket at this path; check the path of ${setting}. ${PROSODY}; ${EJABBERD}`;
	}
	if (status >= 300 && status < 400) {
		return `the web server redirects to another address, and WebSocket follows none; check ${setting}`;
	}
	if (status === 401 || status === 403) {
		return `the web server there wants a login, or does not let this machine in; check the path of ${setting}`;
	}
	if (status >= 500) {
		return "the web server there does not reach the XMPP server behind it, or does not work itself; look at its log";
	}
	return `there is no XMPP over WebSocket; check the path of ${setting}`;
}

interface Look {
	account: XmppAccount;
	way: Way;
	signal: AbortSignal;
}

async function byCertificate(code: string, { account, way, signal }: Look): Promise<string | undefined> {
	const isOf = UNTRUSTED.has(code) || /^(CERT_|ERR_TLS_CERT)/.test(code);
	if (!isOf) return undefined;
	const url = new URL(way.service);
	return aboutCertificate(code, await peerCertificate(url, signal), { account, host: url.hostname });
}

/** @param shown undefined: it was not to be had again */
function aboutCertificate(
	code: string,
	shown: PeerCertificate | undefined,
	{ account, host }: { account: XmppAccount; host: string },
): string {
	const ca = settingOf(account, "ca");
	const its = shown ? shownFingerprint(shown.sha256) : "sha256: and that";
	const today = new Date().toISOString().slice(0, 10);
	switch (code) {
		case "CERT_HAS_EXPIRED":
			return `its certificate has expired${shown ? ` on ${shown.until}, and this machine has the ${today}` : ""}: renew it there, or set this machine's clock`;
		case "CERT_NOT_YET_VALID":
			return `its certificate is not valid yet${shown ? `, but from ${shown.from}, and this machine has the ${today}` : ""}: set this machine's clock, or that of whoever made the certificate`;
		case "ERR_TLS_CERT_ALTNAME_INVALID": {
			if (account.ca && "sha256" in account.ca) return otherThan(ca, shown);
			const setting = serviceSettingOf(account);
			const name =
				isIP(host.replace(/^\[(.*)\]$/, "$1")) === 0 ? "another name" : "a name, not for an address";
			return `its certificate is for ${shown?.names ?? name}, not for ${host}: ${setting} must have a name that the certificate is for (the account's domain may be another: ${settingOf(account, "domain")}); or, if this is your server, set ${ca} to ${its}`;
		}
		default:
			if (account.ca && "sha256" in account.ca) return otherThan(ca, shown);
			return account.ca
				? `its certificate is none of those in ${ca}, nor signed by one of them: it shows ${its}`
				: `its certificate is signed by nobody trusted here; set ${ca} to the certificate of whoever signed it (PEM) or, if it is your own server's, to its fingerprint: ${fingerprintLine(account, its)}`;
	}
}

/** As it is written into the settings. */
const fingerprintLine = ({ table }: XmppAccount, fingerprint: string) =>
	table === undefined ? `XMPP_CA=${fingerprint}` : `ca = "${fingerprint}" in ${table}`;

const otherThan = (ca: string, shown: PeerCertificate | undefined) =>
	`it shows another certificate than the one in ${ca}${shown ? `: ${shownFingerprint(shown.sha256)}` : ""}. If your server has a new certificate, write that there; if not, somebody else answers in its place`;

/** Asks the same host and port in plain HTTP, whose failures have names. */
async function byNetwork({ account, way, signal }: Look): Promise<string> {
	const setting = serviceSettingOf(account);
	const general = `check ${setting}, its host and its port, and that the server runs`;
	const url = way.service.replace(/^ws/, "http");
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(loginBounds.certificateTime.is)]);
	const init = { redirect: "manual", signal: deadline, ...(way.tls && { tls: way.tls }) };
	const failure = await fetch(url, init as RequestInit).then(
		(answer) => void answer.body?.cancel().catch(() => {}),
		(error: unknown) => error,
	);
	if (deadline.aborted) return `nothing comes back: does a firewall let connections out? Else ${general}`;
	const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
	const { port } = new URL(way.service);
	const isUsual = port === "5281" || port === "5443";
	if (code === "ECONNREFUSED") {
		return `nothing takes connections there; ${general}${isUsual ? withDomain(`. ${PROSODY}; ${EJABBERD}`, account) : ""}`;
	}
	return causeOf(code) === undefined
		? general
		: `${code}, ${causeAnd(code, general, new URL(way.service).hostname)}`;
}
