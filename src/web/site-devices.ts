/** What a site's own page and service worker keep: apart from the web app's, which may be on the same origin. */
import type { Devices } from "./devices.ts";
import { createDevices } from "./store/devices-store.ts";

const NAME = "reveille-site";

export const siteDevices = (indexedDB: IDBFactory | undefined): Devices =>
	createDevices({ indexedDB, now: () => Date.now(), name: NAME });
