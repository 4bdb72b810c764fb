/**
 * Configuration is a parse of a flat record (environment variables, or a Worker's bindings): `parseConfig`.
 * Nothing set at all is a working configuration; a group half set fails, naming what is missing.
 */

import { registrationBounds } from "../limits/bounds/registrations.ts";
import { unifiedPushBounds } from "../limits/bounds/unified-push.ts";
import type { MessageId } from "../messages/table.ts";
import { fileUrl } from "../syntax/file-url.ts";
import { present } from "../syntax/present-fields.ts";
import { isSecureOrigin } from "../syntax/secure-origin.ts";
import { isPublicSubject } from "../syntax/vapid-subject.ts";
import type { AppConfig } from "./apps.ts";
import { appsOf } from "./apps-of-settings.ts";
import {
	type ConnectionField,
	type ConnectionFields,
	checkAddresses,
	connectionOf,
	parseConnections,
	shownUrl,
	type XmppConnection,
} from "./connections.ts";
import { type JwtRegistration, jwtRegistration } from "./jwt-of-settings.ts";
import { unmetRequirements } from "./requirements.ts";
import { type Settings, settingNames, settings } from "./settings.ts";

/** What is wrong with the settings, one sentence each, naming the variable and what to do. */
export class ConfigError extends Error {
	override name = "ConfigError";
	readonly id: MessageId;
	readonly problems: readonly string[];

	constructor(problems: readonly string[], id: MessageId = "settings-unfit") {
		super(`The settings do not work:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
		this.id = id;
		this.problems = problems;
	}
}

export interface WebAppConfig {
	/** The JID that its page sends commands to; missing: XMPP is not set up. */
	address?: string;
	/** What a tap on a notification opens, with `{jid}` and `{account}`. */
	open: string;
	/** Where the servers of domains are that do not tell browsers themselves: domain to WebSocket URL. */
	servers: Readonly<Record<string, string>>;
	/** Whether the page is known to be https, by PUBLIC_URL. */
	isHttps: boolean;
}

export interface Config {
	role: "all" | "http" | "connector";
	host: string;
	port: number;
	/** Without a slash at its end. */
	publicUrl?: string;
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	trustedProxies: string[];
	dataDir: string;
	/** Missing: generated into the data folder. */
	secretKey?: string;
	secretKeysOld: string[];
	adminToken?: string;
	/** mod_push_appserver's debug pages: they show who is registered, to whoever has the token. */
	debugPages?: { adminToken: string };
	/** Who may register over HTTP. With `token`, those of the database are taken beside this one. */
	registration: { mode: "open" } | { mode: "token"; token?: string } | JwtRegistration;
	/** How many registrations one owner, one client address (IPv6: /64) and one endpoint host may have. */
	quotas: { owner: number; address: number; host: number };
	/** mod_push_appserver's trusting ways: a device id alone replaces a token and unregisters. */
	trustDeviceId: boolean;
	retentionDays: number;
	/** `replica`: a file that a copy of it is kept in, to read from; then `url` is a server's. */
	database: { url?: string; authToken?: string; replica?: string };
	/** SQLite's `synchronous` of the outbox: `full` survives a power loss too. */
	outboxSync: "normal" | "full";
	/** None with ROLE=http. */
	connections: XmppConnection[];
	/** Those of the connections that have one, which take publishes in for them. */
	pubsubHosts: string[];
	/** The JID that a client which registers over HTTP is told to publish to. */
	pushAddress?: string;
	/** Domains or bare JIDs that may register at that address; `*` is everybody. Other connections say it themselves. */
	xmppAllow: readonly string[];
	/** Who may publish to a registration whose owner is known. */
	publishers: "own" | "any";
	/** Whether Push 2.0 is relayed to endpoints that never registered. */
	push2Relay: boolean;
	/** For whose users push is enabled at their own servers, and our address there; missing: for nobody's. */
	enableFor?: { domains: readonly string[]; address: string };
	vapid: { subject?: string; privateKey?: string; publicKey?: string };
	/** The first of a service is its default. */
	apps: AppConfig[];
	webPush: { allowHosts: string[]; allowPrivate: boolean };
	/** The web app at /app/; missing: there is none. */
	webApp?: WebAppConfig;
	/** UnifiedPush over XMPP is served, and endpoints begin with this; missing: it is not. */
	unifiedPush?: { publicUrl: string; endpointLifeMs: number };
	wns: { allowPrivate: boolean };
	/** At most one push per registration and throttled class in this time; 0 switches the throttle off. */
	pushIntervalMs: number;
	pushTtlSeconds: number;
	logLevel: "debug" | "info" | "warning" | "error";
	/** Whether the log calls users by their JIDs. */
	logOwners: "short" | "whole";
}

/** More devices than a person has. */
const REGISTRATIONS_PER_OWNER = registrationBounds.perOwner.is;

/** What the variables of the one connection are called in a table. */
const XMPP_GROUP = {
	XMPP_SERVICE: "service",
	XMPP_DOMAIN: "domain",
	XMPP_USERNAME: "username",
	XMPP_PASSWORD: "password",
	XMPP_RESOURCE: "resource",
	XMPP_PUBSUB_HOST: "pubsub_host",
	XMPP_CA: "ca",
} as const satisfies Partial<Record<keyof Settings, ConnectionField>>;
const XMPP_NAMES = Object.keys(XMPP_GROUP) as (keyof typeof XMPP_GROUP)[];

/**
 * The connection of the environment variables, then those of the tables.
 * @param isGiven whether a setting was made, be it well or badly
 */
function connectionsOf(
	set: Settings,
	tables: unknown,
	isGiven: (name: keyof Settings) => boolean,
	problems: string[],
): XmppConnection[] {
	const connections: XmppConnection[] = [];
	const defaults = { allow: set.XMPP_ALLOW, takeAddress: set.XMPP_TAKE_ADDRESS };
	if (XMPP_NAMES.some((name) => isGiven(name) && set[name] === undefined)) {
		// What is wrong was said already. Which kind it was to be is not known, but each has a password.
		if (!isGiven("XMPP_PASSWORD")) problems.push("XMPP_PASSWORD is missing: XMPP needs one.");
	} else if (XMPP_NAMES.some(isGiven)) {
		const fields = present(
			Object.fromEntries(XMPP_NAMES.map((name) => [XMPP_GROUP[name], set[name]])) as ConnectionFields,
		);
		const single = connectionOf(fields, defaults, problems);
		if (single) connections.push(single);
	}
	if (tables !== undefined) connections.push(...parseConnections(tables, defaults, problems));
	checkAddresses(connections, problems);
	return connections;
}

function databaseOf(set: Settings): Config["database"] {
	const authToken = set.DATABASE_AUTH_TOKEN;
	if (set.DATABASE_SYNC_URL === undefined) return present({ url: set.DATABASE_URL, authToken });
	const replica = set.DATABASE_URL ?? fileUrl(`${set.DATA_DIR}/replica.db`);
	return present({ url: set.DATABASE_SYNC_URL, authToken, replica });
}

/** What to call the database, for its operator: its URL without what is secret in it, or its file. */
export const databaseName = ({ database, dataDir }: Pick<Config, "database" | "dataDir">): string =>
	database.url === undefined ? `${dataDir}/reveille.db` : shownUrl(database.url);

/** The domain of an account's address; undefined for a component, whose address is a domain. */
function accountDomain(address: string | undefined): string | undefined {
	const [bare = ""] = address?.split("/") ?? [];
	return bare.includes("@") ? bare.slice(bare.indexOf("@") + 1).toLowerCase() : undefined;
}

/** The public URL, as far as push services take it for a contact. */
function contactOf(publicUrl: string | undefined): string | undefined {
	return publicUrl?.startsWith("https:") && isPublicSubject(publicUrl) ? publicUrl : undefined;
}

/**
 * Parses settings.
 * @param record environment variables or Worker bindings; names that are not ours are ignored. APPS may be JSON or
 *   the tables themselves
 * @param connectionTables the tables `[[connection]]`, unchecked
 * @throws {ConfigError} with every problem there is, not just the first
 */
export function parseConfig(record: Record<string, unknown>, connectionTables?: unknown): Config {
	const { set, isGiven, problems } = readSettings(record);
	const isHttp = set.ROLE === "http";
	const tables = isHttp ? undefined : connectionTables;
	const connections = isHttp ? [] : connectionsOf(set, tables, isGiven, problems);
	const hasConnection = tables !== undefined || XMPP_NAMES.some(isGiven);
	problems.push(...unmetRequirements(set, { isGiven, hasConnection }));
	if (set.UNIFIEDPUSH && connections.length > 0 && !connections.some(({ kind }) => kind === "component"))
		problems.push(ACCOUNTS_ALONE);
	const { address, pushAddress, pubsubHosts, xmppAllow } = toldToClients(set, connections);
	const enableFor = enableForOf(set, connections, { address, pubsubHosts }, problems);
	const registration = registrationOf(set, xmppAllow, isGiven, problems);
	const apps = appsOf(set, record.APPS, !isHttp, problems);
	if (problems.length > 0) throw new ConfigError(problems);

	const subject = set.VAPID_SUBJECT ?? contactOf(set.PUBLIC_URL);
	// Paths are written behind it, which begin with a slash. What JWTs must say is as it was set.
	const publicUrl = set.PUBLIC_URL?.replace(/\/+$/, "");
	return {
		role: set.ROLE,
		host: set.HOST,
		port: set.PORT,
		trustedProxies: set.TRUSTED_PROXIES ?? [],
		dataDir: set.DATA_DIR,
		secretKeysOld: set.SECRET_KEY_OLD ?? [],
		registration,
		quotas: {
			owner: REGISTRATIONS_PER_OWNER,
			address: set.MAX_REGISTRATIONS_PER_ADDRESS,
			host: set.MAX_REGISTRATIONS_PER_HOST,
		},
		trustDeviceId: set.TRUST_DEVICE_ID,
		retentionDays: set.RETENTION_DAYS,
		database: databaseOf(set),
		outboxSync: set.OUTBOX_SYNC,
		connections,
		pubsubHosts,
		xmppAllow,
		publishers: set.XMPP_PUBLISHERS,
		push2Relay: set.PUSH2_RELAY,
		vapid: present({ subject, privateKey: set.VAPID_PRIVATE_KEY, publicKey: set.VAPID_PUBLIC_KEY }),
		apps,
		webPush: { allowHosts: set.WEBPUSH_ALLOW_HOSTS ?? [], allowPrivate: set.WEBPUSH_ALLOW_PRIVATE },
		wns: { allowPrivate: set.WNS_ALLOW_PRIVATE },
		pushIntervalMs: set.PUSH_INTERVAL_MS,
		pushTtlSeconds: set.PUSH_TTL_S,
		logLevel: set.LOG_LEVEL,
		logOwners: set.LOG_OWNERS,
		...present({
			publicUrl,
			secretKey: set.SECRET_KEY,
			adminToken: set.ADMIN_TOKEN,
			debugPages: set.DEBUG_PAGES && set.ADMIN_TOKEN ? { adminToken: set.ADMIN_TOKEN } : undefined,
			pushAddress,
			enableFor,
			webApp: webAppOf(set, address),
			unifiedPush: unifiedPushOf(set, publicUrl),
		}),
	};
}

const ACCOUNTS_ALONE =
	"UNIFIEDPUSH=true needs a component: clients ask a domain for endpoints, and an account has none. Set XMPP_SERVICE=xmpp://… with the component's XMPP_DOMAIN, or remove UNIFIEDPUSH.";

/** Endpoints live no longer than what nobody uses is kept. */
function unifiedPushOf(
	{ UNIFIEDPUSH, RETENTION_DAYS }: Settings,
	publicUrl: string | undefined,
): Config["unifiedPush"] {
	if (!UNIFIEDPUSH || publicUrl === undefined) return undefined;
	const seconds = Math.min(unifiedPushBounds.endpointLife.is, RETENTION_DAYS * 86_400);
	return { publicUrl, endpointLifeMs: seconds * 1000 };
}

/** The web app, where browsers let its page work; a connector has no pages. */
function webAppOf(set: Settings, address: string | undefined): WebAppConfig | undefined {
	const { ROLE, PUBLIC_URL, WEB_APP = PUBLIC_URL === undefined || isSecureOrigin(PUBLIC_URL) } = set;
	if (ROLE === "connector" || !WEB_APP) return undefined;
	return {
		...present({ address }),
		open: set.WEB_APP_OPEN,
		servers: set.WEB_APP_SERVERS ?? {},
		isHttps: PUBLIC_URL?.startsWith("https:") ?? false,
	};
}

/** Zod compiles a function for what it parses often, which takes longer than reading the settings. */
const READ_ONCE = { jitless: true };

/**
 * Each setting by itself.
 * @returns `set`: those that are well, and defaults for the rest; `problems`: a sentence for each that is not
 * @throws {ConfigError} when the role is none: what the others must be depends on it
 */
function readSettings(record: Record<string, unknown>) {
	const given = Object.fromEntries(
		settingNames
			.filter((name) => record[name] !== undefined && record[name] !== "" && name !== "APPS")
			.map((name) => [name, record[name]]),
	);
	const issues = settings.safeParse(given, READ_ONCE).error?.issues ?? [];
	// The value itself may be a secret: only its name and what it must be are said.
	const problems = issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`);
	if (issues.some((issue) => issue.path[0] === "ROLE")) throw new ConfigError(problems);
	const bad = new Set(issues.map((issue) => issue.path[0]));
	const well = Object.fromEntries(Object.entries(given).filter(([name]) => !bad.has(name)));
	const set = settings.parse(well, READ_ONCE);
	const isGiven = (name: keyof Settings) => name in given;
	return { set, isGiven, problems };
}

/**
 * Where clients are told to have their servers publish to, and who may register there.
 *
 * An account answers for its own domain's users; a stranger's anonymous registration would go around that. HTTP gives
 * out one address, and does as its connection does; ROLE=http knows the connection only by that address.
 */
function toldToClients(
	set: Settings,
	connections: readonly XmppConnection[],
): Pick<Config, "pushAddress" | "pubsubHosts" | "xmppAllow"> & { address?: string } {
	const address = set.XMPP_ADDRESS ?? connections[0]?.address;
	const told = connections.find((connection) => connection.address === address) ?? connections[0];
	// ROLE=http has no connection, and knows its pubsub host by name.
	const host = set.ROLE === "http" ? set.XMPP_PUBSUB_HOST : told?.pubsubHost;
	const hosts = [host, ...connections.map(({ pubsubHost }) => pubsubHost)];
	return {
		pubsubHosts: hosts.filter((each) => each !== undefined),
		xmppAllow: told?.allow ?? set.XMPP_ALLOW ?? [accountDomain(address) ?? "*"],
		...present({ address, pushAddress: host ?? address }),
	};
}

/** A server gives the permission to a component alone: an account would have to be online for it (XEP-0356 §4.2). */
function enableForOf(
	set: Settings,
	connections: readonly XmppConnection[],
	{ address, pubsubHosts }: { address: string | undefined; pubsubHosts: readonly string[] },
	problems: string[],
): Config["enableFor"] {
	const domains = set.XMPP_ENABLE_FOR ?? [];
	if (domains.length === 0) return undefined;
	const component = connections.find(
		({ kind, domain }) => kind === "component" && domain === domainOfAddress(address),
	);
	// ROLE=http knows the connection only by its address.
	const its = set.ROLE === "http" && !address?.includes("@") ? address : component?.domain;
	if (its === undefined && (connections.length > 0 || set.ROLE === "http")) {
		problems.push(
			"XMPP_ENABLE_FOR needs a component: the address that HTTP tells clients (XMPP_ADDRESS, or the first connection's) must be the domain of one (XMPP_SERVICE=xmpp://…).",
		);
	} else if (connections.length === 0 && set.ROLE !== "http" && problems.length === 0) {
		problems.push(
			"XMPP_ENABLE_FOR needs an XMPP connection: set XMPP_SERVICE, XMPP_DOMAIN and XMPP_PASSWORD.",
		);
	}
	if (pubsubHosts.length > 0)
		problems.push(
			"XMPP_ENABLE_FOR has no effect beside XMPP_PUBSUB_HOST, whose address is not ours: remove one of them.",
		);
	return its === undefined ? undefined : { domains, address: its };
}

const domainOfAddress = (address: string | undefined) => address?.split("/", 1)[0]?.split("@").at(-1);

/** Who may register over HTTP. */
function registrationOf(
	set: Settings,
	xmppAllow: readonly string[],
	isGiven: (name: keyof Settings) => boolean,
	problems: string[],
): Config["registration"] {
	const everybody = xmppAllow.includes("*");
	const token = set.REGISTRATION_TOKEN;
	if (set.REGISTRATION === "open" && !everybody) {
		problems.push("REGISTRATION=open needs XMPP_ALLOW=*: otherwise anybody could register over HTTP.");
	}
	if (set.REGISTRATION === "open" && token) {
		problems.push("REGISTRATION_TOKEN is not asked for with REGISTRATION=open: remove one of them.");
	}
	const jwt = jwtRegistration(set, isGiven, problems);
	if (jwt) return jwt;
	const isOpen = set.REGISTRATION === "open" || (set.REGISTRATION === undefined && everybody && !token);
	return isOpen ? { mode: "open" } : { mode: "token", ...present({ token }) };
}
