/**
 * Configuration is a parse of a flat record (environment variables, or a Worker's bindings): `parseConfig`.
 * Nothing set at all is a working configuration; a group half set fails, naming what is missing.
 */
import ipaddr from "ipaddr.js";
import { type AppConfig, AppsError, parseApps } from "./apps.ts";
import { type Settings, settingNames, settings } from "./settings.ts";

/** What is wrong with the settings, one sentence each, naming the variable and what to do. */
export class ConfigError extends Error {
	override name = "ConfigError";
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super(`The settings do not work:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
		this.problems = problems;
	}
}

/** An ordinary account on an XMPP server, reached over WebSocket. */
export interface XmppAccount {
	/** `ws://` or `wss://` URL of the server. */
	service: string;
	domain: string;
	username: string;
	password: string;
	resource: string;
}

export interface Config {
	role: "all" | "http" | "connector";
	host: string;
	port: number;
	publicUrl?: string;
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	trustedProxies: string[];
	dataDir: string;
	/** Missing: generated into the data folder. */
	secretKey?: string;
	secretKeysOld: string[];
	adminToken?: string;
	/** Who may register over HTTP. With `token` and no token set, one is generated into the data folder. */
	registration: { mode: "open" } | { mode: "token"; token?: string };
	/** How many registrations one owner, one client address (IPv6: /64) and one endpoint host may have. */
	quotas: { owner: number; address: number; host: number };
	/** mod_push_appserver's trusting ways: a device id alone replaces a token and unregisters. */
	trustDeviceId: boolean;
	retentionDays: number;
	database: { url?: string; authToken?: string };
	/** SQLite's `synchronous` of the outbox: `full` survives a power loss too. */
	outboxSync: "normal" | "full";
	xmpp?: XmppAccount;
	/** The JID that a registering client is told to publish to. */
	pushAddress?: string;
	/** Domains or bare JIDs that may register; `*` is everybody. */
	xmppAllow: string[];
	/** Who may publish to a registration whose owner is known. */
	publishers: "own" | "any";
	vapid: { subject?: string; privateKey?: string; publicKey?: string };
	/** The first of a service is its default. */
	apps: AppConfig[];
	webPush: { allowHosts: string[]; allowPrivate: boolean };
	/** At most one push per registration and throttled class in this time; 0 switches the throttle off. */
	pushIntervalMs: number;
	pushTtlSeconds: number;
	logLevel: "debug" | "info" | "warning" | "error";
}

const FOUR_WEEKS_S = 2_419_200;

/** More devices than a person has. */
const REGISTRATIONS_PER_OWNER = 50;

/** Leaves out what is undefined, so that optional means absent. */
function present<T extends Record<string, unknown>>(record: T): { [K in keyof T]?: NonNullable<T[K]> } {
	return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: NonNullable<T[K]>;
	};
}

const XMPP_ACCOUNT = ["XMPP_SERVICE", "XMPP_USERNAME", "XMPP_PASSWORD"] as const;

/** @param isGiven whether a setting was made, be it well or badly */
function xmppAccount(
	set: Settings,
	isGiven: (name: keyof Settings) => boolean,
	problems: string[],
): XmppAccount | undefined {
	// The domain and the resource alone are of no use either: somebody meant to have an account.
	if (![...XMPP_ACCOUNT, "XMPP_DOMAIN" as const, "XMPP_RESOURCE" as const].some(isGiven)) return undefined;
	for (const name of XMPP_ACCOUNT) {
		if (!isGiven(name)) {
			problems.push(`${name} is missing: the XMPP account needs ${XMPP_ACCOUNT.join(", ")}.`);
		}
	}
	const { XMPP_SERVICE, XMPP_USERNAME, XMPP_PASSWORD } = set;
	if (!XMPP_SERVICE || !XMPP_USERNAME || !XMPP_PASSWORD) return undefined;
	if (XMPP_USERNAME.includes("@") || XMPP_USERNAME.includes("/")) {
		problems.push("XMPP_USERNAME must be the part before the @; the part behind it is XMPP_DOMAIN.");
	}
	return {
		service: XMPP_SERVICE,
		domain: (set.XMPP_DOMAIN ?? new URL(XMPP_SERVICE).hostname).toLowerCase(),
		username: XMPP_USERNAME.toLowerCase(),
		password: XMPP_PASSWORD,
		resource: set.XMPP_RESOURCE ?? "push",
	};
}

/** The domain of an account's address; undefined for a component, whose address is a domain. */
function accountDomain(address: string | undefined): string | undefined {
	const [bare = ""] = address?.split("/") ?? [];
	return bare.includes("@") ? bare.slice(bare.indexOf("@") + 1).toLowerCase() : undefined;
}

/** What each service's environment variables are called in a table, and the setting that makes an app of them. */
const APP_GROUPS = {
	apns: {
		...{ APNS_KEY: "key", APNS_KEY_ID: "key_id", APNS_TEAM_ID: "team_id", APNS_TOPIC: "topic" },
		...{ APNS_CERT: "cert", APNS_CERT_KEY: "cert_key", APNS_SANDBOX: "sandbox", APNS_URL: "url" },
	},
	fcm: { FCM_SERVICE_ACCOUNT: "service_account", FCM_URL: "url" },
	wns: {
		...{ WNS_PACKAGE_SID: "package_sid", WNS_CLIENT_SECRET: "client_secret", WNS_TENANT_ID: "tenant_id" },
		...{ WNS_CLIENT_ID: "client_id", WNS_TOKEN_URL: "token_url" },
	},
} as const satisfies Record<string, Partial<Record<keyof Settings, string>>>;

/** The apps of the tables, and one for each service that environment variables set up. */
function appsOf(set: Settings, tables: unknown, sends: boolean, problems: string[]): AppConfig[] {
	const read = (list: unknown, where: string): AppConfig[] => {
		try {
			return parseApps(list, where, sends);
		} catch (error) {
			if (!(error instanceof AppsError)) throw error;
			problems.push(...error.problems);
			return [];
		}
	};
	const listed = tables === undefined ? [] : read(tables, "APPS");
	const single = Object.entries(APP_GROUPS).flatMap(([service, group]) => {
		const names = Object.keys(group) as (keyof Settings)[];
		if (!names.some((name) => set[name] !== undefined)) return [];
		const fields = Object.fromEntries(
			Object.entries(group)
				.map(([name, field]) => [field, set[name as keyof Settings]])
				.filter(([, value]) => value !== undefined),
		);
		return read([{ name: service, service, ...fields }], `${service.toUpperCase()}_ settings`);
	});
	// These two need no credentials: they are on, unless the operator says how.
	const free = [
		{ name: "webpush", service: "webpush" },
		{ name: "ubuntu", service: "ubuntu", ...(set.UBUNTU_URL && { url: set.UBUNTU_URL }) },
	].filter(({ service }) => !listed.some((app) => app.service === service));
	const apps = [...listed, ...read(free, "APPS"), ...single];
	const twice = apps.find(({ name }, index) => apps.findIndex((app) => app.name === name) !== index);
	if (twice)
		problems.push(`APPS has an app called ${twice.name}, and so is the one of the environment variables.`);
	return apps;
}

/** Worker bindings and environment variables hand tables over as JSON. */
function tablesOf(given: unknown, problems: string[]): unknown {
	if (typeof given !== "string") return given;
	try {
		return JSON.parse(given);
	} catch {
		problems.push("APPS is no JSON.");
		return undefined;
	}
}

function isRange(entry: string): boolean {
	return ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry);
}

/**
 * Parses settings.
 * @param record environment variables or Worker bindings; names that are not ours are ignored. APPS may be JSON or
 *   the tables themselves
 * @throws {ConfigError} with every problem there is, not just the first
 */
export function parseConfig(record: Record<string, unknown>): Config {
	const given = Object.fromEntries(
		settingNames
			.filter((name) => record[name] !== undefined && record[name] !== "" && name !== "APPS")
			.map((name) => [name, record[name]]),
	);
	const isGiven = (name: keyof Settings) => name in given;
	const issues = settings.safeParse(given).error?.issues ?? [];
	// The value itself may be a secret: only its name and what it must be are said.
	const problems = issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`);
	// What the others must be depends on the role.
	if (issues.some((issue) => issue.path[0] === "ROLE")) throw new ConfigError(problems);
	const bad = new Set(issues.map((issue) => issue.path[0]));
	const set = settings.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !bad.has(name))));
	const role = set.ROLE ?? "all";
	const xmpp = role === "http" ? undefined : xmppAccount(set, isGiven, problems);
	const pushAddress =
		set.XMPP_ADDRESS ?? (xmpp ? `${xmpp.username}@${xmpp.domain}/${xmpp.resource}` : undefined);

	if (role === "http") {
		if (!isGiven("XMPP_ADDRESS"))
			problems.push("XMPP_ADDRESS is missing: ROLE=http tells it to clients as the JID to publish to.");
		if (!isGiven("SECRET_KEY"))
			problems.push("SECRET_KEY is missing: ROLE=http must derive the same secrets as the connector.");
		if (!isGiven("VAPID_PUBLIC_KEY") && !isGiven("VAPID_PRIVATE_KEY"))
			problems.push("VAPID_PUBLIC_KEY is missing: ROLE=http tells it to browsers, which subscribe with it.");
		if (!isGiven("DATABASE_URL"))
			problems.push("DATABASE_URL is missing: ROLE=http shares its database with a connector.");
	} else if (role === "connector" && !XMPP_ACCOUNT.some(isGiven)) {
		problems.push(`${XMPP_ACCOUNT.join(", ")} are missing: ROLE=connector is there for the XMPP account.`);
	} else if (isGiven("DATABASE_AUTH_TOKEN") && !isGiven("DATABASE_URL")) {
		problems.push("DATABASE_URL is missing: DATABASE_AUTH_TOKEN opens the database that it names.");
	}
	if (set.TRUSTED_PROXIES?.some((entry) => !isRange(entry))) {
		problems.push("TRUSTED_PROXIES must list IP addresses or CIDR ranges.");
	}
	if (set.SECRET_KEY_OLD?.some((old) => old.length < 32)) {
		problems.push("SECRET_KEY_OLD must list keys of at least 32 characters.");
	}

	// An account answers for its own domain's users; a stranger's anonymous registration would go around that.
	// ROLE=http knows the account only by the address it gives out.
	const xmppAllow = set.XMPP_ALLOW ?? [xmpp?.domain ?? accountDomain(pushAddress) ?? "*"];
	const everybody = xmppAllow.includes("*");
	if (set.REGISTRATION === "open" && !everybody) {
		problems.push("REGISTRATION=open needs XMPP_ALLOW=*: otherwise anybody could register over HTTP.");
	}
	if (set.REGISTRATION === "open" && set.REGISTRATION_TOKEN) {
		problems.push("REGISTRATION_TOKEN is not asked for with REGISTRATION=open: remove one of them.");
	}
	const mode = set.REGISTRATION ?? (everybody && !set.REGISTRATION_TOKEN ? "open" : "token");
	if (mode === "token" && role === "http" && !isGiven("REGISTRATION_TOKEN")) {
		problems.push(
			set.REGISTRATION === "token"
				? "REGISTRATION_TOKEN is missing: REGISTRATION=token asks for it."
				: "REGISTRATION_TOKEN is missing: without XMPP_ALLOW=* nobody registers over HTTP without a token.",
		);
	}
	const tables = tablesOf(record.APPS === "" ? undefined : record.APPS, problems);
	const apps = appsOf(set, tables, role !== "http", problems);
	if (problems.length > 0) throw new ConfigError(problems);

	const subject = set.VAPID_SUBJECT ?? (set.PUBLIC_URL?.startsWith("https:") ? set.PUBLIC_URL : undefined);
	return {
		role,
		host: set.HOST ?? "127.0.0.1",
		port: set.PORT ?? 5357,
		trustedProxies: set.TRUSTED_PROXIES ?? [],
		dataDir: set.DATA_DIR ?? "data",
		secretKeysOld: set.SECRET_KEY_OLD ?? [],
		registration: mode === "open" ? { mode } : { mode, ...present({ token: set.REGISTRATION_TOKEN }) },
		quotas: {
			owner: REGISTRATIONS_PER_OWNER,
			address: set.MAX_REGISTRATIONS_PER_ADDRESS ?? 1000,
			host: set.MAX_REGISTRATIONS_PER_HOST ?? 10_000,
		},
		trustDeviceId: set.TRUST_DEVICE_ID ?? false,
		retentionDays: set.RETENTION_DAYS ?? 180,
		database: present({ url: set.DATABASE_URL, authToken: set.DATABASE_AUTH_TOKEN }),
		outboxSync: set.OUTBOX_SYNC ?? "normal",
		xmppAllow,
		publishers: set.XMPP_PUBLISHERS ?? "own",
		vapid: present({ subject, privateKey: set.VAPID_PRIVATE_KEY, publicKey: set.VAPID_PUBLIC_KEY }),
		apps,
		webPush: {
			allowHosts: set.WEBPUSH_ALLOW_HOSTS ?? [],
			allowPrivate: set.WEBPUSH_ALLOW_PRIVATE ?? false,
		},
		pushIntervalMs: set.PUSH_INTERVAL_MS ?? 5000,
		pushTtlSeconds: set.PUSH_TTL_S ?? FOUR_WEEKS_S,
		logLevel: set.LOG_LEVEL ?? "info",
		...present({
			publicUrl: set.PUBLIC_URL,
			secretKey: set.SECRET_KEY,
			adminToken: set.ADMIN_TOKEN,
			xmpp,
			pushAddress,
		}),
	};
}
