/**
 * The operator's apps: tables `[[app]]` of reveille.toml (the same shape as JSON from a Worker's binding), and one
 * app a service from environment variables.
 */
import { z } from "zod";
import { pemLines } from "../syntax/pem.ts";
import { nearest } from "../syntax/spelling.ts";
import type { App } from "../types.ts";

/** What a phone shows where the push itself brings no text: itself, or a key that the app translates. */
export type AlertText = { text: string } | { locKey: string };

/** An app with all it takes to make its service. */
export type AppConfig = App & { alert: AlertText } & (
		| { service: "webpush" }
		| ({ service: "apns" } & ApnsSettings)
		| { service: "fcm"; serviceAccount: string | undefined; url?: string | undefined }
		| {
				service: "ubuntu";
				applicationId?: string | undefined;
				icon?: string | undefined;
				url?: string | undefined;
		  }
		| {
				service: "wns";
				type: "raw" | "toast";
				credentials: WnsAccount | undefined;
				tokenUrl?: string | undefined;
		  }
	);

interface ApnsSettings {
	topic: string;
	sandbox: boolean;
	/** The app may change what is shown (`mutable-content`): true, if not given. */
	mutableContent?: boolean | undefined;
	url?: string | undefined;
	credentials:
		| { kind: "token"; key: string; keyId: string; teamId: string }
		/** PEM; the key may be in the same text. */
		| { kind: "certificate"; cert: string; key: string }
		| undefined;
}

type WnsAccount =
	| { kind: "sid"; packageSid: string; clientSecret: string }
	| { kind: "entra"; tenantId: string; clientId: string; clientSecret: string };

/** What is wrong with a table, one sentence each. */
export class AppsError extends Error {
	override name = "AppsError";
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.problems = problems;
	}
}

/** The text of an app that sets none. */
export const DEFAULT_ALERT = "New message";

const words = z.string({ error: "must be a text, in quotes" }).trim().min(1, "must not be empty");
const list = <T extends z.ZodType>(entry: T, what: string) =>
	z
		.array(entry, { error: `must be a list of ${what}, in brackets` })
		.min(1, `must list ${what}, or be left out`);
/** A JID with or without its parts; only a resource may have upper case. */
const jid = z
	.string()
	.trim()
	.regex(/^(?:[^\s@/]+@)?[^\s@/]+(?:\/.+)?$/, "must be a domain or a JID")
	.transform((text) => text.replace(/^[^/]+/, (bare) => bare.toLowerCase()));
const yesOrNo = z.boolean({ error: "must be true or false, without quotes" });
const url = z.url({ protocol: /^https?$/, error: "must be a URL that begins https:// or http://" });
const NAME = "must be up to 64 letters, digits, dots, dashes or underscores, a letter or digit first";
const TTL = "must be a whole number of seconds from 60 to 2419200";

const common = {
	name: z.string({ error: NAME }).regex(/^[A-Za-z0-9][\w.-]{0,63}$/, NAME),
	alert: words.max(200).optional(),
	alert_key: words.max(200).optional(),
	priority: z.enum(["auto", "high", "silent"], { error: "must be auto, high or silent" }).optional(),
	ttl: z.number({ error: TTL }).int(TTL).min(60, TTL).max(2_419_200, TTL).optional(),
	include: z
		.array(z.enum(["sender", "body"], { error: "must be sender or body" }), {
			error: "must be a list of sender, body or both, in brackets",
		})
		.optional(),
	address: list(jid, "JIDs and domains").optional(),
	provider: list(words, "Tigase's provider names").optional(),
	push_module: list(words, "module names").optional(),
	payload: z
		.enum(["auto", "reveille", "conversations", "siskin"], {
			error: "must be auto, reveille, conversations or siskin",
		})
		.optional(),
};

/** The fields of each service's table, beside the common ones. */
const FIELDS = {
	webpush: {},
	apns: {
		key: words,
		key_id: words,
		team_id: words,
		topic: words,
		cert: words,
		cert_key: words,
		url,
		sandbox: yesOrNo,
		mutable_content: yesOrNo,
	},
	fcm: { service_account: words, url },
	ubuntu: { application_id: words, icon: words, url },
	wns: {
		package_sid: words,
		client_secret: words,
		tenant_id: words,
		client_id: words,
		token_url: url,
		type: z.enum(["raw", "toast"], { error: "must be raw or toast" }),
	},
} as const;

type Service = keyof typeof FIELDS;
type Table<S extends Service> = {
	[K in keyof (typeof FIELDS)[S]]?: z.output<(typeof FIELDS)[S][K] & z.ZodType>;
} & {
	[K in keyof typeof common]?: z.output<(typeof common)[K]>;
};

const services = Object.keys(FIELDS) as Service[];

/**
 * Reads the apps' tables.
 * @param tables what stands under `app`, unchecked
 * @param where what to call it in a sentence, such as the file's name
 * @param sends whether this process sends: an edge only tells which apps there are, and needs no credentials
 * @param settings the setting that each field came from, if it did
 * @throws {AppsError} with every problem there is; no value is quoted
 */
export function parseApps(
	tables: unknown,
	where: string,
	sends: boolean,
	settings: Readonly<Record<string, string>> = {},
): AppConfig[] {
	if (!Array.isArray(tables)) throw new AppsError([`${where} must hold a list of apps: tables [[app]].`]);
	if (tables.length === 0) throw new AppsError([`${where} holds no app: list one, or leave it out.`]);
	const problems: string[] = [];
	const apps = tables.flatMap((table: unknown, index) => {
		const name = (table as { name?: unknown })?.name;
		const label = `${where}, app ${typeof name === "string" ? name : index + 1}`;
		try {
			return [parseApp(table, label, sends, settings)];
		} catch (error) {
			if (!(error instanceof AppsError)) throw error;
			problems.push(...error.problems);
			return [];
		}
	});
	const twice = apps.find(({ name }, index) => apps.findIndex((app) => app.name === name) !== index);
	if (twice) problems.push(`${where}: two apps are called ${twice.name}.`);
	problems.push(...ambiguities(apps, where));
	if (problems.length > 0) throw new AppsError(problems);
	return apps;
}

/** What a client or a server says to choose an app must mean one. */
function ambiguities(apps: readonly AppConfig[], where: string): string[] {
	const meant = new Map<string, string>();
	return apps.flatMap(({ name, service, addresses = [], providers = [], pushModules = [] }) => {
		const ways = new Set([
			...addresses.map((address) => `address ${address} for ${service}`),
			...providers.map((provider) => `provider ${provider}`),
			...pushModules.map((module) => `push_module ${module}`),
		]);
		return [...ways].flatMap((way) => {
			const other = meant.get(way);
			if (other === undefined) meant.set(way, name);
			return other === undefined
				? []
				: [`${where}: ${other} and ${name} both have ${way}: leave it to one of them.`];
		});
	});
}

function parseApp(
	table: unknown,
	label: string,
	sends: boolean,
	settings: Readonly<Record<string, string>>,
): AppConfig {
	const service = (table as { service?: Service } | null)?.service;
	if (service === undefined || !services.includes(service)) {
		throw new AppsError([`${label}: service must be one of ${services.join(", ")}.`]);
	}
	const fields = Object.fromEntries(
		Object.entries(FIELDS[service]).map(([field, schema]) => [field, (schema as z.ZodType).optional()]),
	);
	const schema = z.strictObject({ service: z.literal(service), ...common, ...fields });
	const parsed = schema.safeParse(table);
	if (!parsed.success) {
		const known = Object.keys(schema.shape);
		throw new AppsError(parsed.error.issues.flatMap((issue) => explain(issue, known, label)));
	}
	try {
		const problems = contradictions(service, parsed.data as Table<Service>);
		if (problems.length > 0) throw new AppsError(problems);
		return toApp(service, parsed.data as Table<Service>, sends);
	} catch (error) {
		if (!(error instanceof AppsError)) throw error;
		throw new AppsError(error.problems.map((problem) => inSettings(problem, label, settings)));
	}
}

/**
 * What is wrong with an app, for whoever set it up.
 * @param problem a sentence that has names of fields in braces
 * @param settings the setting that each field came from, if it did. One that begins the sentence says where to look
 */
function inSettings(problem: string, label: string, settings: Readonly<Record<string, string>>): string {
	const sentence = problem.replaceAll(/\{(\w+)\}/g, (_, field: string) => settings[field] ?? field);
	const isSetting = Object.keys(settings).some((field) => problem.startsWith(`{${field}}`));
	return isSetting ? sentence : `${label}: ${sentence}`;
}

/** The services that have a form of payload beside ours, and those that a push module can be of. */
const PAYLOADS = { conversations: "fcm", siskin: "apns" } as const;
const MODULE_SERVICES: readonly Service[] = ["apns", "fcm"];

/** What is right by itself, and would have no effect beside the rest; sentences. */
function contradictions(service: Service, table: Table<Service>): string[] {
	const { alert, alert_key, payload = "auto", push_module } = table;
	const { key, key_id, team_id, cert, cert_key, type = "raw" } = table as Table<"apns"> & Table<"wns">;
	const isShown = service === "apns" || service === "ubuntu" || (service === "wns" && type === "toast");
	const only = payload === "auto" || payload === "reveille" ? service : PAYLOADS[payload];
	const faults: [boolean, string][] = [
		[alert !== undefined && alert_key !== undefined, "give alert or alert_key, not both."],
		[
			!isShown && (alert !== undefined || alert_key !== undefined),
			service === "wns"
				? 'alert and alert_key are for type = "toast": raw pushes show nothing by themselves.'
				: `alert and alert_key have no effect: with ${service} the app itself shows what it likes.`,
		],
		[key !== undefined && cert !== undefined, "give key or cert, not both."],
		[
			cert !== undefined && (key_id !== undefined || team_id !== undefined),
			"key_id and team_id go with key: leave them out beside cert.",
		],
		[cert === undefined && cert_key !== undefined, "cert_key goes with cert, which is missing."],
		[only !== service, `payload = "${payload}" is for apps of ${only}, and this one is of ${service}.`],
		[
			push_module !== undefined && !MODULE_SERVICES.includes(service),
			`push_module is for apps of ${MODULE_SERVICES.join(" and ")}, and this one is of ${service}.`,
		],
	];
	return faults.filter(([isFault]) => isFault).map(([, sentence]) => sentence);
}

function explain(issue: z.core.$ZodIssue, known: readonly string[], label: string): string[] {
	if (issue.code !== "unrecognized_keys") return [`${label}: ${issue.path.join(".")} ${issue.message}.`];
	return issue.keys.map((key) => {
		const meant = nearest(key, known);
		return `${label}: ${key} is not known${meant ? `: did you mean ${meant}?` : `; known are ${known.join(", ")}.`}`;
	});
}

/** @throws {AppsError} with sentences that do not name the app, and have the names of fields in braces */
function toApp(service: Service, table: Table<Service>, sends: boolean): AppConfig {
	const { name = "", alert, alert_key, priority, ttl, include } = table;
	const { address: addresses, provider: providers, push_module: pushModules, payload } = table;
	const app = {
		name,
		alert: alert_key === undefined ? { text: alert ?? DEFAULT_ALERT } : { locKey: alert_key },
		...(priority !== undefined && { priority }),
		...(ttl !== undefined && { ttlSeconds: ttl }),
		...(include && { include: { sender: include.includes("sender"), body: include.includes("body") } }),
		...(addresses && { addresses }),
		...(providers && { providers }),
		...(pushModules && { pushModules }),
		...(payload && { payload }),
	};
	switch (service) {
		case "webpush":
			return { ...app, service };
		case "apns":
			return { ...app, service, ...apns(table as Table<"apns">, sends) };
		case "fcm": {
			const { service_account: serviceAccount, url } = table as Table<"fcm">;
			if (sends && !serviceAccount) throw new AppsError(["{service_account} is missing."]);
			return { ...app, service, serviceAccount, url };
		}
		case "ubuntu": {
			const { application_id: applicationId, icon, url } = table as Table<"ubuntu">;
			return { ...app, service, applicationId, icon, url };
		}
		case "wns": {
			const { type = "raw", token_url: tokenUrl, ...account } = table as Table<"wns">;
			return { ...app, service, type, tokenUrl, credentials: sends ? wnsAccount(account) : undefined };
		}
	}
}

function apns(table: Table<"apns">, sends: boolean): ApnsSettings {
	const { topic, sandbox = false, url, mutable_content: mutableContent } = table;
	const problems = topic ? [] : ["{topic} is missing: the app's bundle id."];
	const credentials = sends ? apnsCredentials(table, problems) : undefined;
	if (!topic || problems.length > 0) throw new AppsError(problems);
	return { topic, sandbox, url, mutableContent, credentials };
}

/** @param problems gets what is missing, a sentence each */
function apnsCredentials(
	{ key, key_id: keyId, team_id: teamId, cert, cert_key: certKey }: Table<"apns">,
	problems: string[],
): ApnsSettings["credentials"] {
	if (cert !== undefined) {
		if (certKey === undefined && !cert.includes("PRIVATE KEY")) {
			problems.push(
				"{cert_key} is missing: {cert} holds no private key. `openssl pkcs12 -in FILE.p12 -nodes` prints both of a .p12 file.",
			);
		}
		return { kind: "certificate", cert: pemLines(cert), key: pemLines(certKey ?? cert) };
	}
	if (key !== undefined && keyId !== undefined && teamId !== undefined) {
		return { kind: "token", key, keyId, teamId };
	}
	const group = { key, key_id: keyId, team_id: teamId };
	for (const [field, value] of Object.entries(group)) {
		if (value !== undefined) continue;
		problems.push(`{${field}} is missing: APNs needs {key}, {key_id} and {team_id}, or {cert}.`);
	}
	return undefined;
}

function wnsAccount(table: Table<"wns">): WnsAccount {
	const {
		package_sid: packageSid,
		client_secret: clientSecret,
		tenant_id: tenantId,
		client_id: clientId,
	} = table;
	const isOfStore = packageSid !== undefined && tenantId === undefined && clientId === undefined;
	const isOfEntra = packageSid === undefined && tenantId !== undefined && clientId !== undefined;
	if (clientSecret !== undefined && isOfStore) return { kind: "sid", packageSid, clientSecret };
	if (clientSecret !== undefined && isOfEntra) return { kind: "entra", tenantId, clientId, clientSecret };
	throw new AppsError([
		...(clientSecret === undefined ? ["{client_secret} is missing."] : []),
		...(isOfStore || isOfEntra ? [] : ["WNS needs {package_sid}, or {tenant_id} and {client_id}."]),
	]);
}
