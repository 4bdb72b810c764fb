/** Push services as people call them, and what turns each on. */
import type { AppConfig } from "../../../services/definition.ts";
import { SERVICE_NAMES, SERVICES } from "../../../services/registry.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { ServiceName } from "../../../types.ts";
import type { Overview } from "../../../web/console/wire.ts";
import type { ConsoleApp } from "./sources.ts";

const definitionOf = (service: string | undefined) =>
	SERVICE_NAMES.includes(service as ServiceName) ? SERVICES[service as ServiceName] : undefined;

export function serviceName(service: string): string {
	const { label = service, provider } = definitionOf(service) ?? {};
	return provider === undefined || provider === label ? label : `${provider} (${label})`;
}

/** Who answers for a device's pushes. @param host of its URL, where it has one */
export const providerOf = (service: string | undefined, host: string | undefined): string =>
	host ?? definitionOf(service)?.provider ?? "Its push service";

export function turnOnOf(service: ServiceName): string | undefined {
	const { turnedOnBy } = SERVICES[service];
	if (turnedOnBy === undefined) return undefined;
	return turnedOnBy.startsWith("an ") ? `Add ${turnedOnBy}` : `Set ${turnedOnBy}`;
}

/** Which are on, and what turns the others on. */
export const servicesOf = (apps: readonly ConsoleApp[]): Overview["services"] =>
	SERVICE_NAMES.map((service) => {
		const isOn = apps.some((app) => app.service === service);
		return { name: serviceName(service), isOn, ...present({ turnOn: isOn ? undefined : turnOnOf(service) }) };
	});

const credentialOf = (app: AppConfig): string | undefined =>
	SERVICES[app.service].credentialOf?.(app as never);

/** Those that the console shows: all but those that take no new devices. */
export const consoleApps = (apps: readonly AppConfig[]): ConsoleApp[] =>
	apps
		.filter(({ retired }) => !retired)
		.map((app) => ({ name: app.name, service: app.service, ...present({ credential: credentialOf(app) }) }));
