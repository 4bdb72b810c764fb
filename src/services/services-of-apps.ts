/** Makes the push service of each app. */
import type { PushService, ServiceName } from "../types.ts";
import type { AppConfig, AppOf } from "./definition.ts";
import type { ServiceEffects } from "./effects.ts";
import { SERVICE_NAMES, SERVICES } from "./registry.ts";

/** Makes the service of an app of one kind. */
type Maker = (app: AppConfig) => PushService | Promise<PushService>;

/**
 * Makes the services of all apps, by the app's name. A service without credentials only checks devices: that is all an
 * edge does.
 * @throws {Error} with a sentence for the operator that begins with the app's name and quotes no key
 */
export async function createServices(
	apps: readonly AppConfig[],
	effects: ServiceEffects,
): Promise<ReadonlyMap<string, PushService>> {
	const makers = new Map(SERVICE_NAMES.map((name) => [name, makerOf(name, effects)]));
	const services = new Map<string, PushService>();
	for (const app of apps) {
		try {
			const service = await makers.get(app.service)?.(app);
			if (service) services.set(app.name, service);
		} catch (error) {
			throw new Error(`App ${app.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
		}
	}
	return services;
}

function makerOf<Name extends ServiceName>(name: Name, effects: ServiceEffects): Maker {
	const make = SERVICES[name].makerWith(effects);
	return (app) => make(app as AppOf<Name>);
}
