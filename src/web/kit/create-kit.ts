/** The kit, made of its parts. */

import type { KitDeps } from "./deps.ts";
import { createDeviceApi } from "./device-api.ts";
import { findServer } from "./find-server.ts";
import type { Kit } from "./kit.ts";
import { logIn } from "./log-in.ts";
import { createOpenRegistration } from "./open-registration.ts";

/** @param given what is left out is the platform's own */
export function createKit(given: Partial<KitDeps> = {}): Kit {
	const deps: KitDeps = {
		fetch: (url, init) => fetch(url, init),
		isHttp: false,
		openWebSocket: (url) => new WebSocket(url, "xmpp"),
		now: () => performance.now(),
		timeout: (ms) => AbortSignal.timeout(ms),
		newId: () => crypto.randomUUID(),
		...given,
	};
	return {
		findServer: (domain, servers, signal) => findServer(domain, servers, deps, signal),
		logIn: (account, services, signal) => logIn(account, services, deps, signal),
		deviceApi: (base) => createDeviceApi(base, deps),
		openRegistration: (base) => createOpenRegistration(base, deps),
	};
}
