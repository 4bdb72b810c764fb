/**
 * The registry: the push services this server can send through.
 */
import type { PushService, ServiceName } from "../types.ts";
import type { EndpointPolicy } from "./endpoint.ts";
import type { Fetch } from "./exchange.ts";
import { createVapid, type VapidKey } from "./vapid.ts";
import { createWebPush } from "./webpush.ts";

/** The settings of each service; one without settings is off. */
export interface ServiceOptions {
	/** Without a key, devices are checked but nothing can be sent. */
	webpush?: { key?: VapidKey | undefined; subject?: string | undefined; policy: EndpointPolicy };
}

/**
 * Makes the services that are set up.
 * @param effects.fetch for URLs that clients hand in: must check addresses
 */
export function createServices(
	options: ServiceOptions,
	effects: { fetch: Fetch; now: () => number },
): ReadonlyMap<ServiceName, PushService> {
	const services = new Map<ServiceName, PushService>();
	if (options.webpush) {
		const { key, subject, policy } = options.webpush;
		const vapid = key && createVapid({ key, subject, now: effects.now });
		services.set("webpush", createWebPush({ ...effects, vapid, policy }));
	}
	return services;
}
