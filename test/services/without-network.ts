/** Push services for tests that send nothing: devices are checked, and a push is a fault of the test. */
import type { AppConfig } from "../../src/config/apps.ts";
import type { ServiceEffects } from "../../src/services/effects.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createServices } from "../../src/services/services-of-apps.ts";

export const sendsNothing = () => Promise.reject(new Error("these tests send nothing"));

/** @param changed in place of what is usual: `push.example` is the one host of Web Push that is not a browser's */
export const servicesWithoutNetwork = (apps: readonly AppConfig[], changed: Partial<ServiceEffects> = {}) =>
	createServices(apps, {
		fetch: sendsNothing,
		guardedFetch: sendsNothing,
		http2Fetch: () => sendsNothing,
		now: Date.now,
		policy: endpointPolicy({ allowHosts: ["push.example"], allowPrivate: false }),
		vapid: {},
		...changed,
	});
