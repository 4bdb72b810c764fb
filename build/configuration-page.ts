/** `bun run generate`: writes `docs/configuration.md` from the schema of the settings. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSetting, type Settings } from "../src/config/settings.ts";
import { SERVICE_NAMES, SERVICES } from "../src/services/registry.ts";

/** Where the page is, from the root of the repository. */
export const CONFIGURATION_PAGE = "docs/configuration.md";

type Setting = keyof Settings;

interface Group {
	title: string;
	/** The group's settings in the page's order, each with what there is to say beyond its own sentence; Markdown. */
	settings: Partial<Record<Setting, string>>;
	/** What stands below the table; Markdown. */
	after?: string;
}

/** Those of the push services: all there is to say of them is in their own sentences. */
const serviceVariables = SERVICE_NAMES.toSorted().flatMap((name) =>
	Object.keys(SERVICES[name].variables ?? {}),
);

const GROUPS: readonly Group[] = [
	{
		title: "The process and HTTP",
		settings: {
			ROLE: "`all`, `http` or `connector`: [roles](scaling.md#roles).",
			HOST: "",
			PORT: "",
			PUBLIC_URL: "",
			TRUSTED_PROXIES: "See [proxies](proxies.md#in-front-of-reveille).",
			DATA_DIR: "",
			LOG_LEVEL: "`debug`, `info`, `warning` or `error`.",
			LOG_OWNERS: "`short` or `whole`.",
		},
	},
	{
		title: "Keys",
		settings: {
			SECRET_KEY: "At least 32 characters.",
			SECRET_KEY_OLD: "See [changing the key](keys.md#changing-the-key).",
			ADMIN_TOKEN:
				"It turns on [the console](console.md), and is a bearer token for `/metrics` and `/ready`.",
			DEBUG_PAGES: "They are at `/push_appserver/v1/settings`; `ADMIN_TOKEN` is the password.",
		},
	},
	{
		title: "XMPP",
		settings: {
			XMPP_SERVICE:
				"`ws://` and `xmpp://` are not encrypted: use them on the same machine, `xmpp://` also in the same network. Reveille warns of `ws://` to another machine. The URL holds no user name and no password.",
			XMPP_DOMAIN: "A component's own domain must be given, and is its address.",
			XMPP_USERNAME:
				"It logs in with SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 or, over `wss://` or on the same machine, PLAIN. A component has none.",
			XMPP_PASSWORD: "",
			XMPP_RESOURCE: "",
			XMPP_CA: "See [certificates](xmpp-connection.md#which-certificate-is-trusted).",
			XMPP_TAKE_ADDRESS: "See [who has an account's address](address.md).",
			XMPP_PUBSUB_HOST:
				"They come there in place of the address itself: [pubsub services](xmpp-servers.md#behind-a-pubsub-service).",
			XMPP_ADDRESS: "`ROLE=http` has no connection, and must be told.",
		},
		after: "Several connections are tables of [reveille.toml](reveille-toml.md#connections).",
	},
	{
		title: "Who may register and publish",
		settings: {
			XMPP_ALLOW:
				"A list of domains, bare JIDs, or `*`. With several connections each has its own default, and HTTP that of the address it tells. `*` opens registering over HTTP to everybody. Anything else asks for the token, since nobody vouches for a JID over HTTP.",
			REGISTRATION: "`open`, `token` or `jwt` ([a backend that decides](apps.md#a-backend-that-decides)).",
			REGISTRATION_TOKEN: "See [the registration token](registration-token.md).",
			REGISTRATION_JWKS_URL: "",
			REGISTRATION_JWT_KEY: "",
			REGISTRATION_JWT_AUDIENCE: "",
			REGISTRATION_JWT_ISSUER: "",
			MAX_REGISTRATIONS_PER_ADDRESS: "Beside it, 600 writes at once and 10 a second per IPv6 /48.",
			MAX_REGISTRATIONS_PER_HOST:
				"Hosts that `WEBPUSH_ALLOW_HOSTS` names are not counted. One registrable domain, over HTTP one /24 (IPv6: /48), may use a tenth of it. When a host's quota is full, a new registration replaces the oldest one that was pushed to and never reached.",
			TRUST_DEVICE_ID:
				"These are mod_push_appserver's ways. The publish secret of a registration with an owner then opens the HTTP interface too.",
			XMPP_ENABLE_FOR:
				"Prosody's mod_privilege has to let it. See [one's own users](own-users.md). With `ROLE=http`, list the same domains.",
			XMPP_PUBLISHERS:
				"It holds where the owner is known. With `any` that secret also publishes over HTTP, and looks the registration up, changes and ends it there.",
			PUSH2_RELAY: "[The relay](push2.md#the-relay) has its limits.",
			RETENTION_DAYS: "",
		},
	},
	{
		title: "Database",
		settings: {
			DATABASE_URL: "`file:…`, `libsql://…`, `http://…`.",
			DATABASE_AUTH_TOKEN: "",
			DATABASE_SYNC_URL:
				"`libsql://…` or `http://…`. The file is the one that `DATABASE_URL` names, `replica.db` in `DATA_DIR` by default: [replicas](scaling.md#a-replica-beside-each-process).",
			OUTBOX_SYNC: "`full` costs speed.",
		},
	},
	{
		title: "Pushes",
		settings: {
			PUSH_INTERVAL_MS:
				"Up to a minute. 0 switches the throttle off, but for messages whose own text is sent: five at once, then one a second.",
			PUSH_TTL_S: "Four weeks by default; a call: a minute.",
		},
	},
	{
		title: "Web Push",
		settings: {
			VAPID_SUBJECT:
				"`mailto:you@example.net` or `https://…`. Apple's push service refuses every push without one, and one whose host is not on the internet.",
			VAPID_PRIVATE_KEY: "PEM, or base64url as the npm package web-push prints it.",
			VAPID_PUBLIC_KEY: "",
			WEBPUSH_ALLOW_HOSTS:
				"For one, `ntfy.example` or `host:8443`. One that you name gets as many pushes as a browser's own; one that only `*` allows gets 8 at a time and 20 a second.",
			WEBPUSH_ALLOW_PRIVATE: "For tests and home networks.",
		},
	},
	{
		title: "UnifiedPush",
		settings: {
			UNIFIEDPUSH:
				"See [UnifiedPush](unifiedpush.md). `ROLE=http` and the edge need it too, with the same `PUBLIC_URL`.",
		},
	},
	{
		title: "The web app",
		settings: {
			WEB_APP: "`true` or `false`. See [the web app](web-app.md).",
			WEB_APP_OPEN:
				"An `https://` or `xmpp:` address, for one `https://chat.example.net/#/chat?jid={jid}`. Both are percent-encoded.",
			WEB_APP_SERVERS: "`wss://`, and `ws://` where `PUBLIC_URL` is not https.",
		},
	},
	{
		title: "Apps",
		settings: {
			APPS: "See [several apps and connections](reveille-toml.md).",
			...Object.fromEntries(serviceVariables.map((name) => [name, ""])),
			WNS_ALLOW_PRIVATE: "Any port and http too.",
		},
		after: "How to get these: [push services](push-services.md).",
	},
];

const INTRODUCTION = `# Configuration

For operators: every setting. This page is made from the code, as \`reveille --help\` is.

Settings are environment variables, and all are optional. An unknown name that looks like one of these is named in the log,
with the nearest known one.

- \`*_KEY\`, \`*_CERT\`, \`*_ACCOUNT\` and \`XMPP_CA\` take the text itself or a file's path. A path begins with \`/\`,
  \`./\` or \`../\`. In a PEM, \`\\n\` written out stands for a line's end.
- Lists are separated by commas or blanks.
- \`HTTPS_PROXY\`, \`NO_PROXY\` and \`NODE_EXTRA_CA_CERTS\` work as usual, except for APNs:
  [proxies and private authorities](proxies.md).`;

/** Names of settings, headers and schemes of URLs in a sentence, as code. */
const inCode = (text: string) =>
	text.replace(
		/^(?:own|full)(?=:)|\bany(?=:)|\bsha256:|(?<=^| |; )\*(?= )|\*\.domain|\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ROLE|REGISTRATION)(?:=[\w*]+)?|\bexample\.net=wss:\/\/…|\b[a-z]+:\/\/|(?:\bxmpp:)?\{(?:jid|account)\}|(?<= )\/app\/|\bX-Forwarded-For\b|\b\w+@domain\/\w+|\breplica\.db\b|\breveille\.toml\b/g,
		(name) => `\`${name}\``,
	);

const isValue = (text: string) => /^[\w.]+$/.test(text);

/** A setting's own sentence and its default, which stands in brackets at the sentence's end. */
export function sentenceOf(setting: Setting): { sentence: string; byDefault: string } {
	const [, sentence = "", byDefault = ""] = /^(.*?)(?: \(([^()]*)\))?$/.exec(describeSetting(setting)) ?? [];
	return { sentence, byDefault };
}

function row(setting: Setting, note: string): string {
	const { sentence, byDefault } = sentenceOf(setting);
	const said = inCode(sentence);
	const what = `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
	const shown = isValue(byDefault) ? `\`${byDefault}\`` : inCode(byDefault);
	return `| \`${setting}\` | ${shown} | ${note ? `${what} ${note}` : what} |`;
}

/** The page, as Markdown. */
export function configurationPage(): string {
	const groups = GROUPS.map(({ title, settings, after }) => {
		const rows = Object.entries(settings).map(([name, note]) => row(name as Setting, note));
		const table = ["| setting | default | what |", "|---|---|---|", ...rows].join("\n");
		return [`## ${title}`, table, ...(after ? [after] : [])].join("\n\n");
	});
	return `${[INTRODUCTION, ...groups].join("\n\n")}\n`;
}

if (import.meta.main) writeFileSync(join(import.meta.dir, "..", CONFIGURATION_PAGE), configurationPage());
