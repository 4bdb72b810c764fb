/** The first lines of a start: what is on, what is off, and which setting turns it on. */
import { type Config, databaseName } from "../config/config.ts";
import { shownUrl, type XmppConnection } from "../config/connections.ts";
import { SERVICE_NAMES, SERVICES } from "../services/registry.ts";
import { endpointUrl } from "../syntax/endpoints.ts";
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

/** What a terminal shows of a line. */
const COLUMNS = 80;

/** A line of the banner: what it is about, and what is said of it. Without a name it goes on with the one before. */
type Line = [name: string, text: string];

export function banner(facts: BannerFacts): string {
	const { version, config, created, url, startMs, registrationToken } = facts;
	const { role, dataDir, database } = config;
	const lines: Line[] = [
		...http(config, url),
		...watching(config, url),
		...webApp(config, url),
		...under("registering", registering(config, registrationToken)),
		...xmpp(config),
		...push2(config),
		...services(config),
		["database", `${databaseName(config)}${database.replica ? `, read from ${database.replica}` : ""}`],
	];
	if (role !== "http") lines.push(["data folder", dataDir]);
	if (role !== "http" && created.length > 0) lines.push(["", `made now: ${created.join(", ")}`]);
	const width = Math.max(...lines.map(([name]) => name.length));
	const indent = width + 4;
	return [
		`Reveille ${version}, ROLE=${role}, ready in ${Math.round(startMs)} ms`,
		...lines.flatMap(([name, text]) =>
			wrapped(text, COLUMNS - indent).map((part, at) => `  ${(at === 0 ? name : "").padEnd(width)}  ${part}`),
		),
		"",
	].join("\n");
}

/** A text in lines of so many columns; what has no blank in it stays whole, to be copied. */
function wrapped(text: string, columns: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line !== "" && line.length + 1 + word.length > columns) {
			lines.push(line);
			line = word;
		} else line = line === "" ? word : `${line} ${word}`;
	}
	return [...lines, line];
}

/** Several texts below one name. */
const under = (name: string, texts: readonly string[]): Line[] =>
	texts.map((text, at) => [at === 0 ? name : "", text]);

function http(config: Config, url: string): Line[] {
	if (config.role === "connector") return [["HTTP", `${url}/health and /ready`]];
	const outside = config.publicUrl;
	const texts = [
		`${url}${outside ? `, for clients ${outside}` : ""}`,
		`documentation at ${outside ?? url}/docs`,
	];
	if (outside && config.trustedProxies.length === 0)
		texts.push("behind a reverse proxy all clients look like one: set TRUSTED_PROXIES to its address");
	return under("HTTP", texts);
}

/** What is for the operator alone. */
function watching(config: Config, url: string): Line[] {
	const { role, adminToken } = config;
	const off = "off: ADMIN_TOKEN turns it on";
	const lines: Line[] = [];
	if (role !== "connector") lines.push(["console", adminToken ? `${config.publicUrl ?? url}/admin/` : off]);
	if (role !== "http") lines.push(["metrics", adminToken ? `${url}/metrics` : off]);
	return lines;
}

/** Where the web app is, or why it is off. */
function webApp(config: Config, url: string): Line[] {
	const { role, publicUrl, webApp: on, connections } = config;
	if (role === "connector") return [];
	if (!on) {
		const isHttp = publicUrl !== undefined && !isSecureOrigin(publicUrl);
		const why = isHttp
			? "set PUBLIC_URL to an https address, where browsers allow it"
			: "WEB_APP=true turns it on";
		return [["web app", `off: ${why}`]];
	}
	const outside = config.publicUrl;
	const alone = outside ? "" : ", for browsers of this machine alone: set PUBLIC_URL to an https address";
	const useless =
		role === "all" && connections.length === 0 ? "; it can set up nobody before XMPP is on" : "";
	return [["web app", `${outside ?? url}/app/${alone}${useless}`]];
}

/** The ways in for publishes. */
function xmpp({ role, connections, pushAddress, unifiedPush }: Config): Line[] {
	if (role === "http") return [["XMPP", `${pushAddress}, served by a connector`]];
	const said = (kind: XmppConnection["kind"]) =>
		connections
			.filter((connection) => connection.kind === kind)
			.map(
				({ address, service }) =>
					`${address} through ${service === undefined ? "the server that its domain names" : shownUrl(service)}`,
			);
	const orOff = (texts: string[], how: string) => (texts.length > 0 ? texts : [`off: ${how}`]);
	// The environment variables make one of them.
	const another = connections.length > 0 ? "a [[connection]] of reveille.toml adds one" : undefined;
	const hosts = connections.flatMap(({ address, pubsubHost }) =>
		pubsubHost === undefined ? [] : [`${pubsubHost}, for ${address}`],
	);
	return [
		...under(
			"XMPP account",
			orOff(said("account"), another ?? "set XMPP_SERVICE to wss://…, XMPP_USERNAME and XMPP_PASSWORD"),
		),
		...under(
			"XMPP component",
			orOff(said("component"), another ?? "set XMPP_SERVICE to xmpp://…, XMPP_DOMAIN and XMPP_PASSWORD"),
		),
		...under("pubsub host", orOff(hosts, "XMPP_PUBSUB_HOST turns it on")),
		["UnifiedPush", pushServer(unifiedPush, connections)],
	];
}

/** Whom clients name as their push server, and where apps' servers then send. */
function pushServer(on: Config["unifiedPush"], connections: readonly XmppConnection[]): string {
	if (!on) return "off: UNIFIEDPUSH=true turns it on, for a component";
	const components = connections.filter(({ kind }) => kind === "component").map(({ address }) => address);
	return `push server ${components.join(", ")}; endpoints at ${endpointUrl(on.publicUrl, "…")}`;
}

/** What the servers' own messages may do beside registrations. */
function push2({ connections, push2Relay, xmppAllow }: Config): Line[] {
	if (connections.length === 0) return [];
	const off = "relay off: PUSH2_RELAY=true turns it on";
	const whose = xmppAllow.includes("*") ? "every domain" : xmppAllow.join(", ");
	return [["Push 2.0", push2Relay ? `on, and relayed for ${whose}` : `on; ${off}`]];
}

/** The ways out for pushes: each push service, with its apps where they are called otherwise. */
function services(config: Config): Line[] {
	if (config.role === "http") return [["pushes", "sent by a connector"]];
	return SERVICE_NAMES.flatMap((name): Line[] => {
		const { label, turnedOnBy } = SERVICES[name];
		const apps = config.apps.filter(({ service, retired }) => service === name && !retired);
		if (apps.length === 0) return [[label, `off: ${turnedOnBy} ${turnsOn(turnedOnBy)} it on`]];
		const names = apps.map((app) => app.name).filter((app) => app !== name || apps.length > 1);
		const on = names.length > 0 ? `on: ${names.join(", ")}` : "on";
		return under(label, name === "webpush" ? webPush(config, on) : [on]);
	});
}

const turnsOn = (settings = "") => (/ and |, /.test(settings) ? "turn" : "turns");

function webPush({ webPush: { allowHosts, allowPrivate }, vapid }: Config, on: string): string[] {
	const hosts = [
		"Mozilla, Google, Apple and Microsoft",
		...allowHosts.map((host) => (host === "*" ? "every public host" : host)),
	];
	const more = allowHosts.length > 0 ? "" : "; WEBPUSH_ALLOW_HOSTS adds others (UnifiedPush)";
	return [
		`${on}, to ${hosts.join(", ")}${allowPrivate ? ", and to private addresses" : ""}${more}`,
		...contact(vapid.subject),
	];
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
			"with this registration token, which is not shown again:",
			token.token,
			`another one is made by: ${PROGRAM} token${role === "connector" ? "" : opens(xmppAllow)}`,
			"the web app needs none",
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
