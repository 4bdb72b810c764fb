/** The service worker: what the browser asks of it, and nothing else. */
import type { WorkerMessage } from "../devices.ts";
import { createDeviceApi } from "../kit/device-api.ts";
import type { SubscriptionJson } from "../kit/kit.ts";
import { createDevices } from "../store/devices-store.ts";
import type { ShownData } from "./notification.ts";
import type { PushData } from "./payload.ts";
import { takePush } from "./push.ts";
import { takeSubscriptionChange } from "./subscription-change.ts";
import { takeClose, takeTap } from "./tap.ts";

const worker = self as unknown as ServiceWorkerGlobalScope;
const { clients, registration, navigator } = worker;
const { scope } = registration;
/** What `/api/v1` stands under. */
const base = new URL("..", scope).href.replace(/\/$/, "");

const now = () => Date.now();
const devices = createDevices({ indexedDB: worker.indexedDB, now });
const pages = () => clients.matchAll({ type: "window", includeUncontrolled: true });

async function tell(message: WorkerMessage): Promise<void> {
	for (const page of await pages()) page.postMessage(message);
}

/** Not every browser has badges. */
const setBadge = async (count: number) => {
	await navigator.setAppBadge?.(count);
};

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(clients.claim()));

worker.addEventListener("push", (event) =>
	event.waitUntil(
		takePush(event as PushData, {
			devices,
			now,
			tell,
			setBadge,
			languages: navigator.languages,
			after: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
			show: ({ title, options }) => registration.showNotification(title, options),
		}),
	),
);

const taps = { devices, scope, pages, tell, setBadge, open: (url: string) => clients.openWindow(url) };
const shownIn = ({ data }: Notification): ShownData => data ?? {};

worker.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(takeTap(shownIn(event.notification), taps));
});
worker.addEventListener("notificationclose", (event) =>
	event.waitUntil(takeClose(shownIn(event.notification), taps)),
);

/** As the Push API has it; browsers leave out parts. */
interface SubscriptionChange extends ExtendableEvent {
	newSubscription?: PushSubscription | null;
	oldSubscription?: PushSubscription | null;
}

const json = (subscription: PushSubscription | null | undefined) =>
	(subscription?.toJSON() ?? undefined) as SubscriptionJson | undefined;

worker.addEventListener("pushsubscriptionchange", (event) => {
	const { newSubscription, oldSubscription } = event as SubscriptionChange;
	const { pushManager } = registration;
	const change = {
		renewed: json(newSubscription),
		formerKey: oldSubscription?.options.applicationServerKey ?? undefined,
	};
	(event as SubscriptionChange).waitUntil(
		takeSubscriptionChange(change, {
			devices,
			now,
			tell,
			api: createDeviceApi(base, { fetch, timeout: (ms) => AbortSignal.timeout(ms) }),
			current: async () => json(await pushManager.getSubscription()),
			subscribe: async (applicationServerKey) =>
				(
					await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
				).toJSON() as SubscriptionJson,
			settings: async () => (await fetch(new URL("settings.json", scope))).json(),
		}),
	);
});
