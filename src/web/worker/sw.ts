/** The web app's service worker. */
import { createDeviceApi } from "../kit/device-api.ts";
import type { WebAppSettings } from "../settings.ts";
import { createDevices } from "../store/devices-store.ts";
import { listen } from "./listen.ts";
import { pageUrl } from "./opening.ts";

const worker = self as unknown as ServiceWorkerGlobalScope;
const { registration, indexedDB } = worker;
const { scope } = registration;
/** What `/api/v1` stands under. */
const base = new URL("..", scope).href.replace(/\/$/, "");

listen(worker, {
	devices: createDevices({ indexedDB, now: () => Date.now() }),
	home: async (node) => pageUrl(scope, node),
	show: ({ title, options }) => registration.showNotification(title, options),
	api: async () => createDeviceApi(base, { fetch, timeout: (ms) => AbortSignal.timeout(ms) }),
	async vapidPublicKey() {
		const settings: WebAppSettings = await (await fetch(new URL("settings.json", scope))).json();
		return settings.vapidPublicKey;
	},
});
