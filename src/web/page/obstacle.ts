/** What keeps this browser, or this Reveille, from a set-up. */
import type { WebAppSettings } from "../settings.ts";
import type { Browser } from "./browser.ts";

export type Obstacle =
	| "insecure"
	/** iPhone, iPad: the page is not on the Home Screen. */
	| "install"
	| "no-service-workers"
	| "no-push"
	| "no-storage"
	| "settings-away"
	| "web-push-off"
	| "xmpp-off";

/** @param settings missing: they could not be loaded. @returns the first that a person has to do something about */
export function obstacleOf(
	browser: Pick<Browser, "secure" | "serviceWorkers" | "push" | "appleMobile" | "standalone">,
	settings: WebAppSettings | undefined,
): Obstacle | undefined {
	if (!browser.secure) return "insecure";
	if (browser.appleMobile && !browser.standalone && !browser.push) return "install";
	if (!browser.serviceWorkers) return "no-service-workers";
	if (!browser.push) return "no-push";
	if (!settings) return "settings-away";
	if (settings.vapidPublicKey === undefined) return "web-push-off";
	return settings.address === undefined ? "xmpp-off" : undefined;
}
