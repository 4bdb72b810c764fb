/** What the page needs of the browser, and what this one can do: the page's effects beside the kit and the store. */
import type { WorkerMessage } from "../devices.ts";
import type { SubscriptionJson } from "../kit/kit.ts";

export interface Browser {
	/** Of the page's own origin, with the port where it is not the usual one. */
	readonly host: string;
	/** Whether the origin is one that browsers give service workers to: https, or this computer. */
	readonly secure: boolean;
	/** Whether the page itself is https: browsers let it open `wss:` only then. */
	readonly https: boolean;
	readonly serviceWorkers: boolean;
	readonly push: boolean;
	/** iPhone or iPad: push needs the page on the Home Screen. */
	readonly appleMobile: boolean;
	readonly standalone: boolean;
	/** For the first name of the device, such as `Firefox` and `Linux`. */
	readonly name: { browser: string; system: string };
	permission(): NotificationPermission;
	/** To be called straight from a tap. `default`: the question was closed. */
	askPermission(): Promise<NotificationPermission>;
	/**
	 * Subscribes, or gives the subscription that there is. One with another key is ended first.
	 * @param key the VAPID public key, base64url
	 * @throws what the browser says
	 */
	subscribe(key: string): Promise<SubscriptionJson>;
	/** The page's own address. */
	readonly home: string;
	/** The subscription that there is. */
	subscription(): Promise<SubscriptionJson | undefined>;
	/** Never throws. */
	unsubscribe(): Promise<void>;
	online(): boolean;
	/** @returns whether the clipboard took it */
	copy(text: string): Promise<boolean>;
	/** Asks for storage that the browser does not clear by itself. Never throws. */
	persist(): void;
	/** The number on the icon. Never throws. */
	clearBadge(): Promise<void>;
	/** What the service worker says. @returns to be called when nobody listens any more */
	hear(listener: (message: WorkerMessage) => void): () => void;
	/** Tells the other tabs that the store changed. */
	tellTabs(): void;
	/** Calls when this tab is looked at again, the network comes or goes, or another tab changed the store. */
	onReturn(listener: () => void): void;
}
