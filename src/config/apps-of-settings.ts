/** The operator's apps, from wherever they are set up. */
import { type AppConfig, AppsError, DEFAULT_ALERT, parseApps } from "./apps.ts";
import type { Settings } from "./settings.ts";

/** What each service's environment variables are called in a table, and the setting that makes an app of them. */
const APP_GROUPS = {
	apns: {
		APNS_KEY: "key",
		APNS_KEY_ID: "key_id",
		APNS_TEAM_ID: "team_id",
		APNS_TOPIC: "topic",
		APNS_CERT: "cert",
		APNS_CERT_KEY: "cert_key",
		APNS_SANDBOX: "sandbox",
		APNS_URL: "url",
	},
	fcm: { FCM_SERVICE_ACCOUNT: "service_account", FCM_URL: "url" },
	wns: {
		WNS_PACKAGE_SID: "package_sid",
		WNS_CLIENT_SECRET: "client_secret",
		WNS_TENANT_ID: "tenant_id",
		WNS_CLIENT_ID: "client_id",
		WNS_TOKEN_URL: "token_url",
	},
} as const satisfies Record<string, Partial<Record<keyof Settings, string>>>;

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
	const single = Object.entries(APP_GROUPS).flatMap(([service, group]) => {
		const names = Object.keys(group) as (keyof Settings)[];
		if (!names.some((name) => set[name] !== undefined)) return [];
		const fields = Object.fromEntries(
			Object.entries(group)
				.map(([name, field]) => [field, set[name as keyof Settings]])
				.filter(([, value]) => value !== undefined),
		);
		const settings = Object.fromEntries(Object.entries(group).map(([name, field]) => [field, name]));
		return read([{ name: service, service, ...fields }], `${service.toUpperCase()}_ settings`, settings);
	});
	const apps = [...listed, ...freeApps(set, listed, problems), ...single];
	const twice = apps.find(({ name }, index) => apps.findIndex((app) => app.name === name) !== index);
	if (twice)
		problems.push(`APPS has an app called ${twice.name}, and so is the one of the environment variables.`);
	return apps;
}

/**
 * The apps that need no credentials: they are on. Where the operator lists others of their service, these say how
 * it is done from then on; what registered before goes on being served, as it would not if its app were gone.
 */
function freeApps(set: Settings, listed: readonly AppConfig[], problems: string[]): AppConfig[] {
	const alert = { text: DEFAULT_ALERT };
	if (set.UBUNTU_URL && listed.some(({ service }) => service === "ubuntu")) {
		problems.push("UBUNTU_URL is for the app that is there by itself: put it into APPS, as its app's url.");
	}
	return (["webpush", "ubuntu"] as const).flatMap((name): AppConfig[] => {
		const namesake = listed.find((app) => app.name === name);
		if (namesake && namesake.service !== name) {
			problems.push(
				`APPS has an app called ${name}, which is no app of ${name}: registrations made without APPS are of that name. Call it otherwise.`,
			);
		}
		if (namesake) return [];
		const heir = listed.find((app) => app.service === name);
		const app = { name, alert, ...(heir && { retired: true as const }) };
		if (name === "webpush") return [{ ...app, service: name }];
		// Their tokens are those of one server: another would call them unknown.
		const url = heir?.service === "ubuntu" ? heir.url : set.UBUNTU_URL;
		return [{ ...app, service: name, ...(url !== undefined && { url }) }];
	});
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
