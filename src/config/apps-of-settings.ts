/** The operator's apps, from wherever they are set up. */
import type { AppOf, Table } from "../services/definition.ts";
import { SERVICE_NAMES, SERVICES } from "../services/registry.ts";
import type { ServiceName } from "../types.ts";
import { type AppConfig, AppsError, DEFAULT_ALERT, parseApps } from "./apps.ts";
import type { Settings } from "./settings.ts";

/**
 * All apps: those of the tables first, which makes them their services' defaults; then those that need no
 * credentials; then one for each service that environment variables set up.
 * @param given APPS: JSON, the tables themselves, or nothing
 * @param sends whether this process sends: one that does not needs no credentials
 * @param problems gets what is wrong, a sentence each
 */
export function appsOf(set: Settings, given: unknown, sends: boolean, problems: string[]): AppConfig[] {
	const tables = tablesOf(given === "" ? undefined : given, problems);
	const read = (list: unknown, where: string, settings?: Record<string, string>): AppConfig[] => {
		try {
			return parseApps(list, where, sends, settings);
		} catch (error) {
			if (!(error instanceof AppsError)) throw error;
			problems.push(...error.problems);
			return [];
		}
	};
	const listed = tables === undefined ? [] : read(tables, "APPS");
	const single = SERVICE_NAMES.filter((name) => !SERVICES[name].ownApp).flatMap((service) => {
		const fields = fieldsOf(service, set);
		if (Object.keys(fields).length === 0) return [];
		const variables = Object.entries(SERVICES[service].variables ?? {});
		const settings = Object.fromEntries(variables.map(([name, { field }]) => [field, name]));
		return read([{ name: service, service, ...fields }], `${service.toUpperCase()}_ settings`, settings);
	});
	const apps = [...listed, ...freeApps(set, listed, problems), ...single];
	const twice = apps.find(({ name }, index) => apps.findIndex((app) => app.name === name) !== index);
	if (twice)
		problems.push(`APPS has an app called ${twice.name}, and so is the one of the environment variables.`);
	return apps;
}

/** What a service's environment variables say, as a table has it. */
function fieldsOf(service: ServiceName, set: Settings): Record<string, unknown> {
	const given: Readonly<Record<string, unknown>> = set;
	return Object.fromEntries(
		Object.entries(SERVICES[service].variables ?? {})
			.map(([variable, { field }]) => [field, given[variable]] as const)
			.filter(([, value]) => value !== undefined),
	);
}

/**
 * The apps that need no credentials: they are on. Where the operator lists others of their service, these say how
 * it is done from then on; what registered before goes on being served, as it would not if its app were gone.
 */
function freeApps(set: Settings, listed: readonly AppConfig[], problems: string[]): AppConfig[] {
	return SERVICE_NAMES.flatMap((name) => freeApp(name, set, listed, problems));
}

function freeApp<Name extends ServiceName>(
	name: Name,
	set: Settings,
	listed: readonly AppConfig[],
	problems: string[],
): AppConfig[] {
	const { ownApp, variables = {} } = SERVICES[name];
	if (!ownApp) return [];
	const table = fieldsOf(name, set);
	const heir = listed.find(({ service }) => service === name) as AppOf<Name> | undefined;
	for (const [variable, { field }] of heir ? Object.entries(variables) : []) {
		if (!(field in table)) continue;
		problems.push(
			`${variable} is for the app that is there by itself: put it into APPS, as its app's ${field}.`,
		);
	}
	const namesake = listed.find((app) => app.name === name);
	if (namesake && namesake.service !== name) {
		problems.push(
			`APPS has an app called ${name}, which is no app of ${name}: registrations made without APPS are of that name. Call it otherwise.`,
		);
	}
	if (namesake) return [];
	const alert = { text: DEFAULT_ALERT };
	const retired = heir && { retired: true as const };
	return [{ name, alert, ...retired, service: name, ...ownApp(table as Table<never>, heir) } as AppConfig];
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
