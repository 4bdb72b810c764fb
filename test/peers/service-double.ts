/**
 * Each push service's double as a device sees it: what Reveille must be set to, what the device registers with, and
 * what arrives there. For the demo, and for the chain through real servers.
 */
import { SERVICE_NAMES } from "../../src/services/registry.ts";
import type { ServiceName } from "../../src/types.ts";

export const SERVICES: readonly ServiceName[] = SERVICE_NAMES;

/** What came to the device. */
export interface Arrived {
	/** As the device reads it. */
	content: string;
	/** What the provider was told beside the content, for people. */
	details: string;
}

export interface ServiceDouble {
	/** Environment variables for Reveille. */
	readonly settings: Record<string, string>;
	/** The app to register with. */
	readonly app: string;
	/** The body of the registration beside `app`. @param vapidPublicKey of the app, for Web Push */
	device(vapidPublicKey: string): Record<string, unknown>;
	/** What a push to a registration has in it, whatever was published. */
	readonly identifies?: (node: string) => string;
	/** The next push, once it arrives. @throws at the deadline */
	arrived(timeoutMs?: number): Promise<Arrived>;
	stop(): Promise<void>;
}

/** What stands in the folder of each service's tests: a double that is there once it is made. */
export async function startServiceDouble(service: ServiceName): Promise<ServiceDouble> {
	const { startDouble } = (await import(`../services/${service}/double.ts`)) as {
		startDouble(): ServiceDouble | Promise<ServiceDouble>;
	};
	return startDouble();
}
