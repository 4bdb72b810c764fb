/** `Browser` of a real window. */
import type { WorkerMessage } from "../devices.ts";
import { Fault } from "../kit/fault.ts";
import type { SubscriptionJson } from "../kit/kit.ts";
import type { Browser, Clock } from "./browser.ts";

/** The tabs of the page tell each other by it that the store changed. */
const CHANNEL = "reveille";

interface Badging {
	clearAppBadge?(): Promise<void>;
}

/** @param worker the URL of the service worker */
export function browserOf(window: Window & typeof globalThis, worker: string): Browser {
	const { navigator, location } = window;
	const serviceWorkers = window.isSecureContext && "serviceWorker" in navigator;
	const channel = new window.BroadcastChannel(CHANNEL);
	const registered = async () => {
		try {
			await navigator.serviceWorker.register(worker);
		} catch (error) {
			// It could not be fetched: no maker's push service has been asked yet.
			throw error instanceof TypeError ? new Fault({ kind: "http-away" }) : error;
		}
		return navigator.serviceWorker.ready;
	};
	const present = async () =>
		serviceWorkers
			? (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()
			: undefined;
	return {
		host: location.host,
		home: `${location.origin}${location.pathname}`,
		secure: window.isSecureContext,
		https: location.protocol === "https:",
		serviceWorkers,
		push: "PushManager" in window && "Notification" in window,
		appleMobile: isAppleMobile(navigator),
		standalone:
			window.matchMedia("(display-mode: standalone)").matches ||
			("standalone" in navigator && navigator.standalone === true),
		name: nameOf(navigator.userAgent, isAppleMobile(navigator)),
		permission: () => ("Notification" in window ? window.Notification.permission : "denied"),
		askPermission: () => window.Notification.requestPermission(),
		async subscribe(key) {
			const { pushManager } = await registered();
			const former = await pushManager.getSubscription();
			if (former && keyOf(former) === key) return jsonOf(former);
			await former?.unsubscribe();
			return jsonOf(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
		},
		async subscription() {
			const subscription = await present();
			return subscription ? jsonOf(subscription) : undefined;
		},
		async unsubscribe() {
			await (await present())?.unsubscribe().catch(() => false);
		},
		online: () => navigator.onLine,
		copy: (text) =>
			navigator.clipboard.writeText(text).then(
				() => true,
				() => false,
			),
		persist() {
			// Firefox asks the person, and answers when they do.
			void navigator.storage?.persist?.().catch(() => false);
		},
		async clearBadge() {
			await (navigator as Badging).clearAppBadge?.().catch(() => {});
		},
		hear(listener) {
			if (!serviceWorkers) return () => {};
			const heard = ({ data }: MessageEvent<WorkerMessage>) => listener(data);
			navigator.serviceWorker.addEventListener("message", heard);
			// Without it messages wait until the document is loaded.
			navigator.serviceWorker.startMessages();
			return () => navigator.serviceWorker.removeEventListener("message", heard);
		},
		tellTabs: () => channel.postMessage("changed"),
		onReturn(listener) {
			channel.addEventListener("message", listener);
			for (const event of ["focus", "online", "offline"]) window.addEventListener(event, listener);
		},
	};
}

export const windowClock: Clock = {
	now: () => Date.now(),
	after: (ms, signal) =>
		new Promise((resolve) => {
			if (signal?.aborted) return resolve();
			const timer = setTimeout(resolve, ms);
			signal?.addEventListener("abort", () => {
				clearTimeout(timer);
				resolve();
			});
		}),
};

/** iPadOS says that it is a Mac; no Mac has a touch screen. */
const isAppleMobile = ({ userAgent, maxTouchPoints }: Navigator) =>
	/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);

const BROWSERS: readonly (readonly [mark: RegExp, name: string])[] = [
	[/Edg\//, "Edge"],
	[/OPR\//, "Opera"],
	[/Firefox\/|FxiOS/, "Firefox"],
	[/Chrome\/|CriOS/, "Chrome"],
	[/Safari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [mark: RegExp, name: string])[] = [
	[/iPhone|iPod/, "iPhone"],
	[/Android/, "Android"],
	[/Windows/, "Windows"],
	[/Macintosh/, "Mac"],
	[/CrOS/, "ChromeOS"],
	[/Linux/, "Linux"],
];

/** As a person calls them; the first that fits. */
export function nameOf(userAgent: string, appleMobile: boolean): { browser: string; system: string } {
	const first = (names: typeof BROWSERS) => names.find(([mark]) => mark.test(userAgent))?.[1];
	const system = first(SYSTEMS) ?? "";
	return {
		browser: first(BROWSERS) ?? "Browser",
		system: appleMobile && system !== "iPhone" ? "iPad" : system,
	};
}

/** Base64url without padding, as the settings have it. */
function keyOf({ options }: PushSubscription): string | undefined {
	const { applicationServerKey } = options;
	if (!applicationServerKey) return;
	return btoa(String.fromCharCode(...new Uint8Array(applicationServerKey)))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replace(/=+$/, "");
}

function jsonOf(subscription: PushSubscription): SubscriptionJson {
	const { endpoint = "", keys = {} } = subscription.toJSON();
	return { endpoint, keys: { p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" } };
}
