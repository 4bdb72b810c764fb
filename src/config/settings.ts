/**
 * The settings: their names, what each must be, and what each is for. config.ts makes a configuration of them.
 */
import { z } from "zod";
import { enablingBounds } from "../limits/bounds/enabling.ts";
import { httpBounds } from "../limits/bounds/http.ts";
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { url as appUrl, yesOrNo } from "../services/app-fields.ts";
import { SERVICE_NAMES, SERVICES } from "../services/registry.ts";
import { toULabels } from "../syntax/domain-name.ts";
import { isDomainPart, isWrittenBareJid, isWrittenJid, withULabels } from "../syntax/jid-syntax.ts";
import { malformedTemplate } from "../syntax/open-template.ts";
import { nearest } from "../syntax/spelling.ts";
import { malformedSubject } from "../syntax/vapid-subject.ts";
import { DEFAULT_RESOURCE } from "./connections.ts";

// Container tools pass unset variables as empty strings: empty is unset.
const text = () => z.string().trim().min(1).optional();
const list = () =>
	z
		.string()
		.transform((value) =>
			value
				.split(/[\s,]+/)
				.map((entry) => entry.trim())
				.filter(Boolean),
		)
		.optional();
const flag = () =>
	z
		.stringbool({
			truthy: ["true", "1", "yes", "on"],
			falsy: ["false", "0", "no", "off"],
			error: "must be true or false",
		})
		.optional();
const whole = (min: number, max: number) =>
	z
		.string()
		.refine(
			(value) => /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max,
			`must be a whole number from ${min} to ${max}`,
		)
		.transform(Number)
		.optional();
/** No blanks or commas: SECRET_KEY_OLD lists such keys. */
const key = () =>
	z
		.string()
		.trim()
		.regex(
			/^[^\s,]{32,}$/,
			"must be at least 32 characters without blanks or commas: try `openssl rand -hex 32`",
		)
		.optional();
const oneOf = <const Values extends [string, ...string[]]>(...values: Values) =>
	z.enum(values, { error: `must be one of ${values.join(", ")}` }).optional();
/** @param forms how such a URL begins, for people */
const url = (...forms: string[]) =>
	z
		.string()
		.trim()
		.refine(
			(value) => {
				const parsed = URL.parse(value);
				return parsed !== null && forms.some((form) => form.startsWith(parsed.protocol));
			},
			`must be a URL that begins ${forms.join(" or ")}`,
		)
		.optional();
/** It is told to everybody. */
const publicUrl = () =>
	url("https://", "http://").refine((value) => {
		const parsed = value === undefined ? undefined : URL.parse(value);
		return !parsed?.username && !parsed?.password;
	}, "must not hold a user name or a password");
/** Whoever can change what is there can register anybody: nothing unencrypted but on this machine. */
const jwksUrl = () =>
	url("https://", "http://").refine((value) => {
		const parsed = value === undefined ? undefined : URL.parse(value);
		return (
			parsed?.protocol !== "http:" || ["localhost", "127.0.0.1", "[::1]"].includes(parsed?.hostname ?? "")
		);
	}, "must be a URL that begins https://");
/** @param malformed what is wrong with a value, as the end of a sentence; undefined: nothing */
const unless = (malformed: (value: string) => string | undefined) =>
	z
		.string()
		.trim()
		.superRefine((value, { addIssue }) => {
			const message = malformed(value);
			if (message !== undefined) addIssue({ code: "custom", message });
		})
		.optional();
/** Domains, bare JIDs, or `*`; as JIDs have them, with U-labels. */
const allowed = () =>
	list()
		.refine(
			(entries) => entries?.every((entry) => entry === "*" || isWrittenBareJid(entry)) ?? true,
			"must list domains, bare JIDs or *",
		)
		.transform((entries) => entries?.map(withULabels));
/** Domains, as JIDs have them. */
const domains = () =>
	list()
		.refine(
			(entries = []) => entries.every((entry) => isDomainPart(entry) && !entry.includes("*")),
			"must list domains",
		)
		.refine((entries = []) => entries.length <= enablingBounds.domains.is, {
			error: `must list at most ${enablingBounds.domains.is} domains`,
		})
		.transform((entries) => entries && [...new Set(entries.map((entry) => toULabels(entry)))]);
/** A JID, as servers write it. */
const jid = () =>
	text()
		.refine(
			(value) => value === undefined || isWrittenJid(value),
			"must be a JID: a domain, name@domain, or name@domain/resource",
		)
		.transform((value) => value && withULabels(value));
/** Domains, as JIDs have them, each with the address where browsers connect to its server. */
const webSockets = () =>
	list()
		.refine((entries = []) => entries.length <= httpBounds.webAppServers.is, {
			error: `must list at most ${httpBounds.webAppServers.is} domains`,
		})
		.transform((entries) => entries?.map(webSocketOf))
		.refine((entries) => !entries?.includes(undefined), {
			error:
				"must list domains, each with its server's address: example.net=wss://example.net:5281/xmpp-websocket",
		})
		.transform((entries) => entries && Object.fromEntries(entries.filter((entry) => entry !== undefined)));

/** @returns undefined when it is no such pair */
function webSocketOf(entry: string): [domain: string, url: string] | undefined {
	const [, domain = "", address = ""] = /^([^=]+)=(wss?:\/\/.+)$/i.exec(entry) ?? [];
	const url = URL.parse(address);
	if (!isDomainPart(domain) || !url || url.username || url.password || url.hash) return undefined;
	return [toULabels(domain.toLowerCase()), url.href];
}

/** The longest that push services keep a push. */
const FOUR_WEEKS_S = 2_419_200;

/** The variables of the push services, each as the field of an app's table that it is. */
function ofServices(): Record<string, z.ZodType> {
	const named = SERVICE_NAMES.toSorted().flatMap((name) => {
		const { fields, variables = {} } = SERVICES[name];
		return Object.entries(variables).map(([variable, { field, what }]) => {
			const its = fields[field];
			const type = its === yesOrNo ? flag() : its === appUrl ? url("https://", "http://") : text();
			return [variable, type.describe(what)] as const;
		});
	});
	return Object.fromEntries(named);
}

/**
 * Each with its type, its default where that is a value, and its sentence. A default that follows from something else
 * stands in brackets at the sentence's end, in words.
 */
export const settings = z.object({
	ROLE: oneOf("all", "http", "connector")
		.default("all")
		.describe("HTTP and connector in one process, or one of them alone"),
	HOST: text().default("127.0.0.1").describe("address to serve HTTP on"),
	PORT: whole(0, 65535).default(5357).describe("port to serve HTTP on"),
	PUBLIC_URL: publicUrl().describe("the address clients use, through a reverse proxy"),
	TRUSTED_PROXIES: list().describe(
		"addresses and ranges of reverse proxies, whose X-Forwarded-For is believed",
	),
	DATA_DIR: text().default("data").describe("folder of keys, database and outbox"),
	SECRET_KEY: key().describe("derives the secrets of registrations (made in DATA_DIR)"),
	SECRET_KEY_OLD: list().describe("keys that still verify after a change of SECRET_KEY"),
	ADMIN_TOKEN: key().describe(
		"opens the console at /admin/ and what else is not for everybody; at least 32 characters",
	),
	DEBUG_PAGES: flag()
		.default(false)
		.describe("pages to try the form API by hand and to see registrations, with ADMIN_TOKEN"),
	REGISTRATION: oneOf("open", "token", "jwt").describe(
		"who may register over HTTP (token, but open with XMPP_ALLOW=*)",
	),
	REGISTRATION_TOKEN: key().describe(
		"a token of your own for REGISTRATION=token, beside the one of the database",
	),
	REGISTRATION_JWKS_URL: jwksUrl().describe("REGISTRATION=jwt: where the keys are that JWTs are signed with"),
	REGISTRATION_JWT_KEY: text().describe(
		"REGISTRATION=jwt: the one key instead, shared with the backend for HS256, or public as PEM or JWK",
	),
	REGISTRATION_JWT_ISSUER: text().describe("what a JWT's iss must be, if it is to be checked"),
	REGISTRATION_JWT_AUDIENCE: text().describe("what a JWT's aud must be (PUBLIC_URL)"),
	MAX_REGISTRATIONS_PER_ADDRESS: whole(1, 1e9)
		.default(registrationBounds.perAddress.is)
		.describe("registrations per client address, IPv6: per /64"),
	MAX_REGISTRATIONS_PER_HOST: whole(1, 1e9)
		.default(registrationBounds.perHost.is)
		.describe("registrations per push service that is no browser's own and not named"),
	TRUST_DEVICE_ID: flag().default(false).describe("a device id alone replaces a token and unregisters"),
	RETENTION_DAYS: whole(1, 36500)
		.default(180)
		.describe("days until a registration goes that was neither renewed nor delivered to"),
	DATABASE_URL: url("file:", "libsql://", "http://", "https://", "ws://", "wss://").describe(
		"the shared database (a file in DATA_DIR)",
	),
	DATABASE_AUTH_TOKEN: text().describe("for a database over the network"),
	DATABASE_SYNC_URL: url("libsql://", "http://", "https://").describe(
		"the shared database, to be read from a replica in a file beside this process",
	),
	OUTBOX_SYNC: oneOf("normal", "full")
		.default("normal")
		.describe("full: what waits survives a power loss too"),
	XMPP_SERVICE: url(
		"wss://",
		"ws:// (an account: wss://example.net:5281/xmpp-websocket)",
		"xmpp:// (a component: xmpp://127.0.0.1:5347)",
	).describe(
		"an XMPP server: wss:// for an account there, xmpp:// for a component (found by the account's domain)",
	),
	XMPP_DOMAIN: text().describe("the component's domain, or the account's (the host of XMPP_SERVICE)"),
	XMPP_USERNAME: text().describe("the account: name@domain, or its name alone beside XMPP_DOMAIN"),
	XMPP_PASSWORD: text().describe("the account's password, or the component's secret"),
	XMPP_RESOURCE: text().describe(
		`the resource of an account's address, username@domain/resource (${DEFAULT_RESOURCE})`,
	),
	XMPP_TAKE_ADDRESS: flag()
		.default(false)
		.describe("accounts take their address also from a Reveille of another database"),
	XMPP_CA: text().describe(
		"the certificate to trust at XMPP_SERVICE in place of the usual: PEM, or sha256: and its fingerprint",
	),
	XMPP_PUBSUB_HOST: text().describe("a pubsub service that takes the publishes in"),
	XMPP_ADDRESS: jid().describe("the address that HTTP tells clients (the first connection's)"),
	XMPP_ALLOW: allowed().describe("who may register (the account's domain; * with a component)"),
	XMPP_ENABLE_FOR: domains().describe(
		"domains at whose Prosody a component enables push for users, where that lets it",
	),
	XMPP_PUBLISHERS: oneOf("own", "any")
		.default("own")
		.describe("own: the domains of owner and room publish to a registration; any: whoever has its secret"),
	UNIFIEDPUSH: flag()
		.default(false)
		.describe(
			"a push server for UnifiedPush over XMPP, as Conversations has it; needs a component and PUBLIC_URL",
		),
	PUSH2_RELAY: flag()
		.default(false)
		.describe(
			"Push 2.0 messages to Web Push endpoints that never registered, from the domains of XMPP_ALLOW",
		),
	VAPID_SUBJECT: unless(malformedSubject).describe("how push services reach you (PUBLIC_URL)"),
	VAPID_PRIVATE_KEY: text().describe("the key that identifies this server to browsers (made in DATA_DIR)"),
	VAPID_PUBLIC_KEY: z
		.string()
		.trim()
		.regex(/^[\w-]{87}$/, "must be the 87 characters of a raw P-256 public key in base64url")
		.optional()
		.describe("the public half of VAPID_PRIVATE_KEY, for ROLE=http and the edge"),
	WEBPUSH_ALLOW_HOSTS: list().describe("more push services: host, *.domain, host:port, * for all public"),
	WEBPUSH_ALLOW_PRIVATE: flag()
		.default(false)
		.describe("push services at private addresses, with http and any port too"),
	WEB_APP: flag().describe("the web app at /app/ (on where PUBLIC_URL is https or missing)"),
	WEB_APP_OPEN: unless(malformedTemplate)
		.default("xmpp:{jid}")
		.describe("what a tap on a notification of the web app opens; {jid} is the sender, {account} the user"),
	WEB_APP_SERVERS: webSockets().describe(
		"example.net=wss://…: where the servers of domains are that do not tell browsers themselves",
	),
	APPS: text().describe(
		"several apps and connections: a TOML file, or the apps' JSON (reveille.toml, if it is there)",
	),
	// Those of the push services stand here, each in its own definition.
	...(ofServices() as object),
	WNS_ALLOW_PRIVATE: flag()
		.default(false)
		.describe("WNS, for tests: channels at private addresses too, which get the access token"),
	PUSH_INTERVAL_MS: whole(0, 60_000)
		.default(5000)
		.describe("milliseconds in which a device gets one push per class"),
	PUSH_TTL_S: whole(60, FOUR_WEEKS_S)
		.default(FOUR_WEEKS_S)
		.describe("seconds a push is tried, and kept by its push service"),
	LOG_LEVEL: oneOf("debug", "info", "warning", "error").default("info").describe("how much is logged"),
	LOG_OWNERS: oneOf("short", "whole")
		.default("short")
		.describe("what the log calls users: short is the domain and six characters of a hash, whole the JID"),
});

export type Settings = z.output<typeof settings>;

/** The names of all settings. */
export const settingNames = Object.keys(settings.shape) as (keyof Settings)[];

/** What a setting is for, in a few words, with its default in brackets. */
export function describeSetting(name: keyof Settings): string {
	const { description = "", def } = settings.shape[name];
	return "defaultValue" in def ? `${description} (${def.defaultValue})` : description;
}

const OURS = new RegExp(
	`^(XMPP|VAPID|PUSH|PUSH2|WEB_APP|OUTBOX|DATABASE|REGISTRATION|MAX_REGISTRATIONS|${SERVICE_NAMES.join("|").toUpperCase()})_`,
);

/** Names in the environment that look like settings and are none, each with the one that was probably meant. */
export function misspelt(names: readonly string[]): { name: string; meant: string | undefined }[] {
	return names
		.filter((name) => OURS.test(name) && !settingNames.includes(name as keyof Settings))
		.map((name) => ({ name, meant: nearest(name, settingNames) }));
}
