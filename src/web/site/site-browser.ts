/** The browser of a site's page, as the kit for sites needs it. */
import { isAppleMobile, nameOf } from "../browser-name.ts";
import type { SubscriptionJson } from "../kit/kit.ts";
import { subscribeWith } from "../subscription.ts";
import type { PushErrorCode } from "./push-error.ts";

export interface SiteBrowser {
	/** Why there is no push here; undefined: there is. */
	obstacle(): Extract<PushErrorCode, "insecure" | "home-screen" | "unsupported"> | undefined;
	/** Asks the person where they were not asked yet. */
	askPermission(): Promise<NotificationPermission>;
	/** @returns one that is active @throws where its file is not there, or is no service worker */
	serviceWorker(url: string): Promise<ServiceWorkerRegistration>;
	subscribe(registration: ServiceWorkerRegistration, key: string): Promise<SubscriptionJson>;
	/** Ends the subscription of the service worker that serves this URL; by default, this page. Never throws. */
	unsubscribe(url?: string): Promise<void>;
	/** `Firefox, Linux` */
	name(): string;
	/** Of the page, without what follows `#`. */
	url(): URL;
}

export function siteBrowserOf(window: Window & typeof globalThis): SiteBrowser {
	const { navigator, location } = window;
	const hasWorkers = "serviceWorker" in navigator;
	return {
		obstacle() {
			if (!window.isSecureContext) return "insecure";
			if (hasWorkers && "PushManager" in window && "Notification" in window) return undefined;
			return isAppleMobile(navigator) ? "home-screen" : "unsupported";
		},
		askPermission: async () =>
			window.Notification.permission === "default"
				? window.Notification.requestPermission()
				: window.Notification.permission,
		async serviceWorker(url) {
			const registration = await navigator.serviceWorker.register(url);
			await activeIn(registration);
			return registration;
		},
		subscribe: ({ pushManager }, key) => subscribeWith(pushManager, key),
		async unsubscribe(url) {
			if (!hasWorkers) return;
			try {
				const registration = await navigator.serviceWorker.getRegistration(url);
				await (await registration?.pushManager.getSubscription())?.unsubscribe();
			} catch {
				// Reveille or the account's server ended it: nothing comes any more.
			}
		},
		name() {
			const { browser, system } = nameOf(navigator.userAgent, isAppleMobile(navigator));
			return system === "" ? browser : `${browser}, ${system}`;
		},
		url: () => new URL(location.pathname + location.search, location.origin),
	};
}

/** Not `ready`, which waits for ever where the page is outside of the scope. */
async function activeIn({ active, waiting, installing }: ServiceWorkerRegistration): Promise<void> {
	const coming = installing ?? waiting;
	if (active || !coming) return;
	await new Promise<void>((resolve, reject) => {
		coming.addEventListener("statechange", () => {
			if (coming.state === "activated") resolve();
			if (coming.state === "redundant") reject(new TypeError("The service worker could not be installed."));
		});
	});
}
