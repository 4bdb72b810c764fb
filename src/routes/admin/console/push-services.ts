/** Push services as people call them, and what turns each on. */
import type { AppConfig } from "../../../services/definition.ts";
import { SERVICE_NAMES } from "../../../services/registry.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { ServiceName } from "../../../types.ts";
import type { Overview } from "../../../web/console/wire.ts";
import type { ConsoleApp } from "./sources.ts";

interface ServiceWords {
	name: string;
	/** Who answers for it, as a sentence names them. */
	provider: string;
	/** What has to be set; missing: it is on by itself. */
	turnOn?: string;
}

const WORDS: Readonly<Record<ServiceName, ServiceWords>> = {
	webpush: { name: "Web Push", provider: "Its push service" },
	apns: {
		name: "Apple (APNs)",
		provider: "Apple",
		turnOn: "Set APNS_KEY, APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC",
	},
	fcm: { name: "Google (FCM)", provider: "Google", turnOn: "Set FCM_SERVICE_ACCOUNT" },
	ubuntu: { name: "Ubuntu Push", provider: "Ubuntu Push" },
	wns: { name: "Windows (WNS)", provider: "Microsoft", turnOn: "Set WNS_PACKAGE_SID and WNS_CLIENT_SECRET" },
	ntfy: {
		name: "ntfy topics",
		provider: "ntfy",
		turnOn: "Add an app with service ntfy to reveille.toml or APPS",
	},
};

export const serviceName = (service: string): string => WORDS[service as ServiceName]?.name ?? service;

/** Who answers for a device's pushes. @param host of its URL, where it has one */
export const providerOf = (service: string | undefined, host: string | undefined): string =>
	host ?? WORDS[service as ServiceName]?.provider ?? "Its push service";

export const turnOnOf = (service: ServiceName): string | undefined => WORDS[service].turnOn;

/** Which are on, and what turns the others on. */
export const servicesOf = (apps: readonly ConsoleApp[]): Overview["services"] =>
	SERVICE_NAMES.map((service) => {
		const isOn = apps.some((app) => app.service === service);
		return { name: WORDS[service].name, isOn, ...present({ turnOn: isOn ? undefined : turnOnOf(service) }) };
	});

function credentialOf(app: AppConfig): string | undefined {
	switch (app.service) {
		case "apns":
			return app.credentials?.kind === "certificate" ? "APNs certificate" : "APNs key";
		case "fcm":
			return "service account";
		case "webpush":
			return "VAPID key";
		case "wns":
			return "client secret";
		default:
			return undefined;
	}
}

/** Those that the console shows: all but those that take no new devices. */
export const consoleApps = (apps: readonly AppConfig[]): ConsoleApp[] =>
	apps
		.filter(({ retired }) => !retired)
		.map((app) => ({ name: app.name, service: app.service, ...present({ credential: credentialOf(app) }) }));
