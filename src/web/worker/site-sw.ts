/**
 * `GET /app/site-sw.js`: the service worker for a site that lets its users be woken by push.js. The site copies it as its
 * `sw.js`, or has an `importScripts` of it there.
 */
import { createDeviceApi } from "../kit/device-api.ts";
import { vapidPublicKeyAt } from "../kit/services.ts";
import { siteDevices } from "../site-devices.ts";
import { listen } from "./listen.ts";

const worker = self as unknown as ServiceWorkerGlobalScope;
const { registration, indexedDB } = worker;
const devices = siteDevices(indexedDB);
const deps = { fetch, timeout: (ms: number) => AbortSignal.timeout(ms) };

/** @throws where the page gave none: it tells Reveille at the next login */
async function base(): Promise<string> {
	const { apiBase } = (await devices.site()) ?? {};
	if (!apiBase) throw new Error("Reveille's https address is not known.");
	return apiBase;
}

listen(worker, {
	devices,
	home: async () => (await devices.site())?.home ?? registration.scope,
	show({ title, options: { icon: _, ...options } }) {
		// Ours is no picture of the site's: the browser shows its own.
		return registration.showNotification(title, options);
	},
	api: async () => createDeviceApi(await base(), deps),
	vapidPublicKey: async () => vapidPublicKeyAt(await base(), deps),
});
