/** What the browser asks of a service worker, and nothing else: the web app's own, and that of other sites. */
import type { Devices, WorkerMessage } from "../devices.ts";
import type { DeviceApi, SubscriptionJson } from "../kit/kit.ts";
import type { Shown, ShownData } from "./notification.ts";
import type { PushData } from "./payload.ts";
import { takePush } from "./push.ts";
import { takeSubscriptionChange } from "./subscription-change.ts";
import { takeClose, takeTap } from "./tap.ts";

/** What differs between them. */
export interface Listening {
	devices: Devices;
	/** What a tap opens that leads to no chat. @param node whose push it was */
	home(node: string | undefined): Promise<string>;
	show(shown: Shown): Promise<void>;
	/** For a browser that ended its subscription. @throws where Reveille's address is not known */
	api(): Promise<DeviceApi>;
	/** What browsers subscribe with; undefined: Web Push is off. @throws where Reveille does not answer */
	vapidPublicKey(): Promise<string | undefined>;
}

/** As the Push API has it; browsers leave out parts. */
interface SubscriptionChange extends ExtendableEvent {
	newSubscription?: PushSubscription | null;
	oldSubscription?: PushSubscription | null;
}

const json = (subscription: PushSubscription | null | undefined) =>
	(subscription?.toJSON() ?? undefined) as SubscriptionJson | undefined;

export function listen(worker: ServiceWorkerGlobalScope, its: Listening): void {
	const { clients, registration, navigator } = worker;
	const { devices, home, show, api, vapidPublicKey } = its;
	const now = () => Date.now();
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
				show,
			}),
		),
	);

	const { scope } = registration;
	const taps = {
		devices,
		scope,
		home,
		pages,
		tell,
		setBadge,
		open: (url: string) => clients.openWindow(url),
	};
	const shownIn = ({ data }: Notification): ShownData => data ?? {};

	worker.addEventListener("notificationclick", (event) => {
		event.notification.close();
		event.waitUntil(takeTap(shownIn(event.notification), taps));
	});
	worker.addEventListener("notificationclose", (event) =>
		event.waitUntil(takeClose(shownIn(event.notification), taps)),
	);

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
				api,
				vapidPublicKey,
				current: async () => json(await pushManager.getSubscription()),
				subscribe: async (applicationServerKey) =>
					(
						await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
					).toJSON() as SubscriptionJson,
			}),
		);
	});
}
