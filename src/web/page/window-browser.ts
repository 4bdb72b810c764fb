/** `Browser` of a real window. */
import { isAppleMobile, nameOf } from "../browser-name.ts";
import type { WorkerMessage } from "../devices.ts";
import { Fault } from "../kit/fault.ts";
import { jsonOf, subscribeWith } from "../subscription.ts";
import type { Browser } from "./browser.ts";

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
			return subscribeWith(pushManager, key);
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
