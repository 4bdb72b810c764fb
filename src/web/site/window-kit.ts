/** The kit for sites in a real window. */
import { windowClock } from "../clock.ts";
import { siteDevices } from "../site-devices.ts";
import { createSiteKit, type SiteKit } from "./enabling.ts";
import { siteBrowserOf } from "./site-browser.ts";

/** A file of Reveille's own, where it is served by one. */
const SERVED = /^(https?:\/\/.+)\/app\/[\w-]+\.js$/;

/** @param script the URL that the module came from */
export const siteKitOf = (window: Window & typeof globalThis, script: string | undefined): SiteKit =>
	createSiteKit({
		browser: siteBrowserOf(window),
		devices: siteDevices(window.indexedDB),
		clock: windowClock,
		fetch: (url, init) => window.fetch(url, init),
		timeout: (ms) => AbortSignal.timeout(ms),
		newId: () => crypto.randomUUID(),
		origin: SERVED.exec(script?.split(/[?#]/, 1)[0] ?? "")?.[1],
	});
