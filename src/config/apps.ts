/**
 * The operator's apps: tables `[[app]]` of reveille.toml (the same shape as JSON from a Worker's binding), and one
 * app a service from environment variables.
 */
import { z } from "zod";
import { words } from "../services/app-fields.ts";
import { type AppConfig, AppsError, type Fields, type Table } from "../services/definition.ts";
import { SERVICE_NAMES, SERVICES } from "../services/registry.ts";
import { nearest } from "../syntax/spelling.ts";
import type { ServiceName } from "../types.ts";

export { type AppConfig, AppsError } from "../services/definition.ts";

/** The text of an app that sets none. */
export const DEFAULT_ALERT = "New message";

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
		.enum(["auto", "reveille", "conversations", "siskin", "fluux"], {
			error: "must be auto, reveille, conversations, siskin or fluux",
		})
		.optional(),
};

type CommonTable = Table<typeof common>;

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
	const service = (table as { service?: ServiceName } | null)?.service;
	if (service === undefined || !SERVICE_NAMES.includes(service)) {
		throw new AppsError([`${label}: service must be one of ${SERVICE_NAMES.join(", ")}.`]);
	}
	const fields = Object.fromEntries(
		Object.entries(SERVICES[service].fields).map(([field, schema]) => [field, schema.optional()]),
	);
	const schema = z.strictObject({ service: z.literal(service), ...common, ...fields });
	const parsed = schema.safeParse(table);
	if (!parsed.success) {
		const known = Object.keys(schema.shape);
		throw new AppsError(parsed.error.issues.flatMap((issue) => explain(issue, known, label)));
	}
	const { service: _, ...read } = parsed.data;
	try {
		const problems = contradictions(service, read);
		if (problems.length > 0) throw new AppsError(problems);
		return toApp(service, read, sends);
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

/** What is right by itself, and would have no effect beside the rest; sentences. */
function contradictions(service: ServiceName, table: CommonTable & Table<Fields>): string[] {
	const its = SERVICES[service];
	const { alert, alert_key, payload = "auto", push_module } = table;
	const given = alert === undefined ? alert_key !== undefined && "alert_key" : "alert";
	const unused = given ? its.alertUnused?.(table, given) : undefined;
	const usual = payload === "auto" || payload === "reveille";
	const faults: (readonly [boolean, string])[] = [
		[alert !== undefined && alert_key !== undefined, "give alert or alert_key, not both."],
		...(unused === undefined ? [] : [[true, unused] as const]),
		...(its.contradictions?.(table) ?? []),
		[
			!usual && its.payload !== payload,
			`payload = "${payload}" is for apps of ${those((one) => one.payload === payload)}, and this one is of ${service}.`,
		],
		[
			push_module !== undefined && !its.takesPushModules,
			`push_module is for apps of ${those((one) => one.takesPushModules)}, and this one is of ${service}.`,
		],
	];
	return faults.filter(([isFault]) => isFault).map(([, sentence]) => sentence);
}

/** The names of the services of which something holds, for people. */
const those = (holds: (its: (typeof SERVICES)[ServiceName]) => unknown) =>
	SERVICE_NAMES.filter((name) => holds(SERVICES[name])).join(" and ");

function explain(issue: z.core.$ZodIssue, known: readonly string[], label: string): string[] {
	if (issue.code !== "unrecognized_keys") return [`${label}: ${issue.path.join(".")} ${issue.message}.`];
	return issue.keys.map((key) => {
		const meant = nearest(key, known);
		return `${label}: ${key} is not known${meant ? `: did you mean ${meant}?` : `; known are ${known.join(", ")}.`}`;
	});
}

function toApp(service: ServiceName, table: CommonTable & Table<Fields>, sends: boolean): AppConfig {
	const { name = "", alert, alert_key, priority, ttl, include } = table;
	const { address: addresses, provider: providers, push_module: pushModules, payload } = table;
	return {
		name,
		alert: alert_key === undefined ? { text: alert ?? DEFAULT_ALERT } : { locKey: alert_key },
		...(priority !== undefined && { priority }),
		...(ttl !== undefined && { ttlSeconds: ttl }),
		...(include && { include: { sender: include.includes("sender"), body: include.includes("body") } }),
		...(addresses && { addresses }),
		...(providers && { providers }),
		...(pushModules && { pushModules }),
		...(payload && { payload }),
		service,
		...SERVICES[service].settingsOf(table, sends),
	} as AppConfig;
}
