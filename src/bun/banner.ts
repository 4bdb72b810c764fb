/** The first lines of a start: what is on, what is off, and which setting turns it on. */
import type { Config } from "../config/config.ts";
import { shownUrl } from "../config/connections.ts";
import { isSecureOrigin } from "../syntax/secure-origin.ts";
import { isPublicSubject } from "../syntax/vapid-subject.ts";
import { PROGRAM } from "./program.ts";
import type { ShownToken } from "./registration-token.ts";

export interface BannerFacts {
	version: string;
	config: Config;
	/** Names of files of the data folder that were made just now. */
	created: readonly string[];
	/** Where HTTP is served. */
	url: string;
	/** How long the start took, ms. */
	startMs: number;
	/** The registration token that is asked for, where it is not REGISTRATION_TOKEN. */
	registrationToken: ShownToken | undefined;
}

export function banner(facts: BannerFacts): string {
	const { version, config, created, url, startMs, registrationToken } = facts;
	const { role, dataDir, database, vapid, webPush } = config;
	const lines: [string, string][] = [
		...http(config, url),
		...xmpp(config),
		...registering(config, registrationToken).map((text, at): [string, string] => [
			at ? "" : "registering",
			text,
		]),
		...webApp(config, url),
		["Web Push", role === "http" ? "by the connector" : webPushHosts(webPush)],
	];
	if (role !== "http") lines.push(...contact(vapid.subject).map((text): [string, string] => ["", text]));
	lines.push([
		"database",
		`${database.url ? shownUrl(database.url) : `${dataDir}/reveille.db`}${database.replica ? `, read from ${database.replica}` : ""}`,
	]);
	if (role !== "http")
		lines.push(["data folder", dataDir + (created.length > 0 ? `, made now: ${created.join(", ")}` : "")]);
	const width = Math.max(...lines.map(([name]) => name.length));
	return [
		`Reveille ${version}, ROLE=${role}, ready in ${Math.round(startMs)} ms`,
		...lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
		"",
	].join("\n");
}

function http({ role, publicUrl, trustedProxies }: Config, url: string): [string, string][] {
	if (role === "connector") return [["HTTP", `${url}/health and /ready`]];
	const outside = publicUrl?.replace(/\/$/, "");
	const lines: [string, string][] = [
		["HTTP", `${url}, documentation at ${outside ?? url}/docs${outside ? `, for clients ${outside}` : ""}`],
	];
	if (outside && trustedProxies.length === 0) {
		lines.push(["", "behind a reverse proxy all clients look like one: set TRUSTED_PROXIES to its address"]);
	}
	return lines;
}

/** Where the web app is, or why it is off. */
function webApp({ role, publicUrl, webApp: on, connections }: Config, url: string): [string, string][] {
	if (role === "connector") return [];
	if (!on) {
		const isHttp = publicUrl !== undefined && !isSecureOrigin(publicUrl);
		const why = isHttp
			? "set PUBLIC_URL to an https address, where browsers allow it"
			: "WEB_APP=true turns it on";
		return [["web app", `off: ${why}`]];
	}
	const outside = publicUrl?.replace(/\/$/, "");
	const where = outside ?? `${url}`;
	const alone = outside ? "" : ", for browsers of this machine alone: set PUBLIC_URL to an https address";
	const useless =
		role === "all" && connections.length === 0 ? "; it can set up nobody before XMPP is on" : "";
	return [["web app", `${where}/app/${alone}${useless}`]];
}

function xmpp({ role, connections, pushAddress }: Config): [string, string][] {
	if (role === "http") return [["XMPP", `${pushAddress}, served by a connector`]];
	if (connections.length === 0) {
		return [
			["XMPP", "off: set XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD to an account on an XMPP server"],
		];
	}
	return connections.map(({ kind, address, service, pubsubHost }, index) => [
		index === 0 ? "XMPP" : "",
		`${kind === "component" ? "component " : ""}${address} through ${service === undefined ? "the server that its domain names" : shownUrl(service)}` +
			(pubsubHost === undefined ? "" : `; publishes come to ${pubsubHost}`),
	]);
}

/** What is wrong with the contact that push services are told. */
function contact(subject: string | undefined): string[] {
	if (subject === undefined) {
		return [
			"no contact for push services, and Apple's asks for one: set PUBLIC_URL to an https address on the internet, or VAPID_SUBJECT to mailto: and your address",
		];
	}
	if (isPublicSubject(subject)) return [];
	return [
		"Apple's push service refuses VAPID_SUBJECT, whose host is not on the internet, and all pushes to iPhones with it: set it to mailto: and your address",
	];
}

/** @returns lines; a token that was made just now is one of its own */
function registering(config: Config, token: ShownToken | undefined): string[] {
	const { role, registration, pushAddress, xmppAllow } = config;
	if (token?.kind === "made") {
		return [
			"over HTTP with this registration token, which is not shown again (the web app needs none)",
			token.token,
			`another one is made by: ${PROGRAM} token${role === "connector" ? "" : opens(xmppAllow)}`,
		];
	}
	if (role === "connector") return ["at the ROLE=http of the same database"];
	if (!pushAddress) return ["off: there is no address to give out before XMPP is on"];
	if (registration.mode === "open") return ["open to everybody"];
	if (registration.mode === "jwt") {
		const { key } = registration;
		return [
			`with a JWT, checked with ${"jwksUrl" in key ? `the keys at ${new URL(key.jwksUrl).host}` : "REGISTRATION_JWT_KEY"}`,
		];
	}
	return [`with ${nameOf(token)}${opens(xmppAllow)}`];
}

const opens = (xmppAllow: readonly string[]) =>
	xmppAllow.includes("*") ? "" : "; XMPP_ALLOW=* opens it to everybody";

function nameOf(token: ShownToken | undefined): string {
	if (token === undefined) return "REGISTRATION_TOKEN";
	if (token.kind === "file") return `the token in ${token.path}`;
	return `the registration token that was shown when it was made; a new one is made by: ${PROGRAM} token`;
}

function webPushHosts({ allowHosts, allowPrivate }: Config["webPush"]): string {
	const hosts = [
		"Mozilla, Google, Apple and Microsoft",
		...allowHosts.map((host) => (host === "*" ? "every public host" : host)),
	];
	const more = allowHosts.length > 0 ? "" : "; WEBPUSH_ALLOW_HOSTS adds others (UnifiedPush)";
	return `on, to ${hosts.join(", ")}${allowPrivate ? ", and to private addresses" : ""}${more}`;
}
