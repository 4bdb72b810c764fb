/** Settings: a configuration, or sentences that say what to do and repeat no secret. */
import fc, { type Arbitrary } from "fast-check";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { settingNames } from "../../src/config/settings.ts";
import { clientAddressReader } from "../../src/routes/guards/client-address.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

/** Stands in every secret, so that it is known where one is repeated. */
const MARK = "SECRETSECRET";
const KEY = `${MARK}-of-at-least-thirty-two-characters`;
const SECRETS =
	/^(SECRET_KEY|SECRET_KEY_OLD|ADMIN_TOKEN|REGISTRATION_TOKEN|REGISTRATION_JWT_KEY|DATABASE_AUTH_TOKEN|XMPP_PASSWORD|VAPID_PRIVATE_KEY|APNS_KEY|APNS_CERT|APNS_CERT_KEY|FCM_SERVICE_ACCOUNT|WNS_CLIENT_SECRET)$/;

/** Something good for each setting. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
	ROLE: ["all", "http", "connector"],
	HOST: ["0.0.0.0"],
	PORT: ["0", "8080"],
	PUBLIC_URL: ["https://push.example.net"],
	TRUSTED_PROXIES: ["10.0.0.0/8, ::1", "127.0.0.1", "::ffff:10.0.0.0/104"],
	DATA_DIR: ["data"],
	SECRET_KEY: [KEY],
	SECRET_KEY_OLD: [`${KEY},${KEY}2`],
	ADMIN_TOKEN: [KEY],
	DEBUG_PAGES: ["true"],
	REGISTRATION: ["open", "token", "jwt"],
	REGISTRATION_TOKEN: [KEY],
	REGISTRATION_JWKS_URL: ["https://chat.example/jwks", "http://localhost/jwks"],
	REGISTRATION_JWT_KEY: [KEY],
	REGISTRATION_JWT_ISSUER: ["https://chat.example"],
	REGISTRATION_JWT_AUDIENCE: ["https://push.example.net/"],
	DATABASE_URL: ["file:x.db", "libsql://db.example"],
	DATABASE_AUTH_TOKEN: [MARK],
	DATABASE_SYNC_URL: ["https://db.example"],
	XMPP_SERVICE: ["wss://xmpp.example.net/ws", "xmpp://127.0.0.1:5347", "ws://[::1]:5280"],
	XMPP_DOMAIN: ["Push.example.net"],
	XMPP_USERNAME: ["push"],
	XMPP_PASSWORD: [MARK],
	XMPP_RESOURCE: ["push"],
	XMPP_TAKE_ADDRESS: ["yes", "off"],
	XMPP_PUBSUB_HOST: ["pubsub.example.net"],
	XMPP_ADDRESS: ["push.example.net", "push@example.net/push"],
	XMPP_ALLOW: ["*", "example.org, juliet@example.net"],
	XMPP_PUBLISHERS: ["any"],
	VAPID_SUBJECT: ["mailto:a@example.net"],
	VAPID_PRIVATE_KEY: [MARK],
	VAPID_PUBLIC_KEY: ["B".repeat(87)],
	WEBPUSH_ALLOW_HOSTS: ["ntfy.example, *.up.example", "*"],
	WEBPUSH_ALLOW_PRIVATE: ["no"],
	WEB_APP: ["true", "no"],
	WEB_APP_OPEN: ["xmpp:{jid}?message", "https://chat.example/#{jid}-{account}"],
	WEB_APP_SERVERS: [
		"example.net=wss://example.net/ws",
		"a.example=ws://localhost:5280, b.example=wss://b.example",
	],
	APNS_KEY: [MARK],
	APNS_KEY_ID: ["KEY"],
	APNS_TEAM_ID: ["TEAM"],
	APNS_TOPIC: ["com.example"],
	APNS_CERT: [MARK],
	FCM_SERVICE_ACCOUNT: [MARK],
	WNS_PACKAGE_SID: ["s"],
	WNS_CLIENT_SECRET: [MARK],
	PUSH_INTERVAL_MS: ["0"],
	PUSH_TTL_S: ["60"],
};
const OPEN = Object.values(GOOD)
	.flat()
	.filter((it) => !it.includes(MARK));
const text = fc.oneof(anyText, fc.constantFrom(...OPEN), spoiltText(fc.constantFrom(...OPEN), 2));
const value = fc.oneof({ weight: 9, arbitrary: text }, fc.jsonValue({ maxDepth: 1 })) as Arbitrary<unknown>;

const app = fc.record(
	{
		name: fc.oneof(fc.constantFrom("siskin", "android", "webpush", "ubuntu"), value),
		service: fc.oneof(fc.constantFrom("apns", "fcm", "webpush", "ubuntu", "wns"), value),
		alert: value,
		alert_key: value,
		priority: fc.oneof(fc.constantFrom("auto", "high"), value),
		ttl: fc.oneof(fc.integer({ min: 50, max: 100 }), value),
		include: fc.oneof(fc.constant(["sender"]), value),
		address: fc.oneof(fc.constant(["Push.example.net"]), fc.array(value)),
		provider: fc.array(value),
		push_module: fc.array(value),
		payload: fc.oneof(fc.constantFrom("siskin", "auto"), value),
		key: fc.constant(MARK),
		key_id: value,
		team_id: value,
		topic: value,
		cert: value,
		sandbox: fc.oneof(fc.boolean(), value),
		service_account: fc.constant(MARK),
		client_secret: fc.constant(MARK),
		package_sid: value,
		tenant_id: value,
		url: text,
		type: fc.constantFrom("raw", "toast"),
		kye: fc.constant(MARK),
	},
	{ requiredKeys: ["name", "service"] },
);
const apps = fc.oneof(fc.array(app, { maxLength: 3 }), fc.jsonValue({ maxDepth: 3 })) as Arbitrary<unknown>;
const connection = fc.record(
	{
		service: fc.oneof(fc.constantFrom(...(GOOD.XMPP_SERVICE ?? [])), value),
		domain: fc.oneof(fc.constant("push.example.net"), value),
		username: value,
		password: fc.constant(MARK),
		resource: value,
		pubsub_host: value,
		pasword: fc.constant(MARK),
	},
	{ requiredKeys: ["service"] },
);
const connections = fc.oneof(
	fc.constant(undefined),
	fc.array(connection, { maxLength: 3 }),
	fc.jsonValue({ maxDepth: 2 }),
) as Arbitrary<unknown>;

/** Good settings, with some of them spoilt. */
const settings = fc
	.tuple(
		fc.subarray(Object.keys(GOOD), { maxLength: 10 }),
		fc.nat(9),
		fc.dictionary(fc.constantFrom(...settingNames), value, { maxKeys: 2 }),
	)
	.map(
		([names, which, spoilt]): Record<string, unknown> => ({
			...Object.fromEntries(names.map((name) => [name, GOOD[name]?.[which % (GOOD[name]?.length ?? 1)]])),
			...Object.fromEntries(
				Object.entries(spoilt).map(([name, it]) => [
					name,
					SECRETS.test(name) && typeof it === "string" ? MARK + it : it,
				]),
			),
		}),
	);

function parsed(record: Record<string, unknown>, tables?: unknown) {
	try {
		return parseConfig(record, tables);
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		claim(error.problems.length > 0, "no problem");
		for (const problem of error.problems) claimSentence(problem);
		claim(!error.message.includes(MARK), error.message);
		return undefined;
	}
}

export const fuzzed: Fuzzed = {
	name: "settings",
	properties: [
		always("are a configuration, or sentences", { weight: 4, most: 25_000 }, settings, (record) => {
			const config = parsed(record);
			if (!config) return;
			claim(Number.isInteger(config.port) && config.port >= 0 && config.port <= 65_535, "port");
			claim(config.secretKey === undefined || config.secretKey.length >= 32, "a short key");
			same(config.role === "http" && config.connections.length > 0, false);
			if (config.registration.mode === "open") claim(config.xmppAllow.includes("*"), "open to everybody");
			if (config.debugPages) claim(config.debugPages.adminToken.length >= 32, "debug pages for everybody");
			// What a request meets is read by now.
			same(clientAddressReader(config.trustedProxies)("127.0.0.1", "x, y") !== undefined, true);
			claim(
				config.apps.every(({ name }) => /^[\w.-]+$/.test(name)),
				"an app's name",
			);
			const names = config.apps.map(({ name }) => name);
			same(new Set(names).size, names.length);
			try {
				endpointPolicy(config.webPush);
			} catch (error) {
				claimSentence(`${error instanceof Error ? error.message : ""}`);
			}
		}),
		always(
			"of apps and connections are a configuration, or sentences",
			{ weight: 4, most: 25_000 },
			fc.tuple(fc.boolean(), apps, connections),
			([asText, list, tables]) => {
				const config = parsed({ APPS: asText ? JSON.stringify(list) : list }, tables);
				if (!config) return;
				for (const { kind, address, password, domain } of config.connections) {
					claim(password !== "" && domain === domain.toLowerCase() && !/\s/.test(domain), "a connection");
					same(address.includes("@"), kind === "account");
				}
				const addresses = config.connections.map(({ address }) => address);
				same(new Set(addresses).size, addresses.length);
			},
		),
		always(
			"in APPS of any text are a configuration, or sentences",
			{ weight: 2, most: 15_000 },
			fc.oneof(anyText, spoiltText(apps.map((it) => JSON.stringify(it) ?? ""))),
			(APPS) => {
				parsed({ APPS });
			},
		),
	],
};
