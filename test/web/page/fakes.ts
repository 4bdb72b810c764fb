/** The page's effects, played: a server, Reveille, a browser and a store that do as a test says. */

import type { Clock } from "../../../src/web/clock.ts";
import type { Devices, OwnDevice, WorkerMessage } from "../../../src/web/devices.ts";
import { Fault, type FaultReason } from "../../../src/web/kit/fault.ts";
import type {
	DeviceApi,
	Kit,
	Listed,
	OpenRegistration,
	Registered,
	Session,
	Shown,
	SubscriptionJson,
} from "../../../src/web/kit/kit.ts";
import type { Browser } from "../../../src/web/page/browser.ts";
import type { AddressBar, PageEffects } from "../../../src/web/page/create-page.ts";
import type { WebAppSettings } from "../../../src/web/settings.ts";

export const NOW = Date.UTC(2026, 10, 27, 14, 4, 11);
export const ADDRESS = "push.example.net";
export const ACCOUNT = "romeo@example.net";
export const PASSWORD = "wherefore art thou";

export const SETTINGS: WebAppSettings = {
	version: "1.0.0",
	address: ADDRESS,
	vapidPublicKey: "BMTGDLKWL-kElTvtmKEtc21LtxtmOLMUB5pK8vUj3f9j",
	ntfy: true,
	servers: {},
	open: "xmpp:{jid}",
};

export const SUBSCRIPTION: SubscriptionJson = {
	endpoint: "https://updates.push.services.mozilla.com/wpush/v2/one",
	keys: { p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6", auth: "BTBZMqHH6r4Tts7J_aSIgg" },
};

export const REGISTERED: Registered = {
	jid: "push.example.net",
	node: "node-1",
	secret: "secret-1",
	deviceSecret: "device-secret-1",
};

export const OWN: OwnDevice = {
	node: "node-1",
	deviceSecret: "device-secret-1",
	account: ACCOUNT,
	name: "Firefox on the study laptop",
	jid: "push.example.net",
	endpoint: SUBSCRIPTION.endpoint,
	registeredAt: NOW - 55 * 86_400_000,
	renewedAt: NOW - 360_000,
	deviceId: "device-1",
	wantsLow: false,
};

export const SHOWN: Shown = {
	registeredAt: OWN.registeredAt,
	renewedAt: OWN.renewedAt,
	lastSuccessAt: NOW - 240_000,
};

/** A promise that a test settles. */
export function gate<Value = void>() {
	const { promise, resolve, reject } = Promise.withResolvers<Value>();
	return { promise, open: resolve, fail: reject };
}

export interface FakeDevices extends Devices {
	readonly there: Map<string, OwnDevice>;
	lastLanguage?: string;
}

/** An in-memory store. */
export function fakeDevices(...own: OwnDevice[]): FakeDevices {
	const there = new Map(own.map((device) => [device.node, device]));
	const nothing = async () => undefined;
	return {
		there,
		all: async () => [...there.values()],
		get: async (node) => there.get(node),
		put: async (device) => void there.set(device.node, device),
		async change(node, change) {
			const device = there.get(node);
			if (!device) return;
			there.set(node, change(device));
			return there.get(node);
		},
		async replace(node, device) {
			there.delete(node);
			there.set(device.node, device);
		},
		remove: async (node) => void there.delete(node),
		deviceId: async (fresh) => fresh,
		openedAt: nothing,
		setOpenedAt: nothing,
		language: nothing,
		async setLanguage(language) {
			this.lastLanguage = language;
		},
		openTemplate: nothing,
		setOpenTemplate: nothing,
		site: nothing,
		setSite: nothing,
		setPendingTest: nothing,
		takePendingTest: nothing,
	};
}

/** A clock that a test sets on; waits end when their time is passed. */
export function fakeClock(): Clock & { pass(ms: number): void } {
	let now = NOW;
	const waits = new Set<{ until: number; end: () => void }>();
	return {
		now: () => now,
		after: (ms, signal) =>
			new Promise((resolve) => {
				if (signal?.aborted) return resolve();
				const wait = { until: now + ms, end: resolve };
				waits.add(wait);
				signal?.addEventListener("abort", () => resolve());
			}),
		pass(ms) {
			now += ms;
			for (const wait of waits) if (wait.until <= now) wait.end();
		},
	};
}

export interface FakeBrowser extends Browser {
	says(message: WorkerMessage): void;
	returns(): void;
	copied: string[];
}

export function fakeBrowser(with_: Partial<Browser> = {}): FakeBrowser {
	const listeners = new Set<(message: WorkerMessage) => void>();
	const returning: (() => void)[] = [];
	const copied: string[] = [];
	return {
		host: "push.example.net",
		home: "https://push.example.net/app/",
		secure: true,
		https: true,
		serviceWorkers: true,
		push: true,
		appleMobile: false,
		standalone: false,
		name: { browser: "Firefox", system: "Linux" },
		permission: () => "granted",
		askPermission: async () => "granted",
		subscribe: async () => SUBSCRIPTION,
		subscription: async () => SUBSCRIPTION,
		unsubscribe: async () => {},
		online: () => true,
		async copy(text) {
			copied.push(text);
			return true;
		},
		persist() {},
		clearBadge: async () => {},
		hear(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		tellTabs() {},
		onReturn: (listener) => void returning.push(listener),
		...with_,
		copied,
		says: (message) => {
			for (const listener of listeners) listener(message);
		},
		returns: () => {
			for (const listener of returning) listener();
		},
	};
}

export interface FakeSession extends Session {
	/** What was asked of it, in order. */
	readonly asked: string[];
	/** What its server encrypts with, as `enable` had it, in order. */
	readonly keys: string[];
	/** The stream is lost. */
	lose(): void;
}

export function fakeSession(with_: Partial<Session> = {}): FakeSession {
	const asked: string[] = [];
	const keys: string[] = [];
	const { promise: closed, resolve: lose } = Promise.withResolvers<void>();
	const note = (what: string) => void asked.push(what);
	return {
		account: ACCOUNT,
		domain: "example.net",
		features: async () => ({ push: true, encrypts: false }),
		async registerBrowser(address, { name, deviceId }) {
			note(`register ${address} ${name} ${deviceId}`);
			return REGISTERED;
		},
		async registerTopic(_, { topic }) {
			note(`topic ${topic}`);
			return { jid: ADDRESS, node: "node-topic", secret: "secret-topic" };
		},
		list: async () => [],
		test: async () => ({ result: "delivered" }),
		rename: async (_, node, name) => note(`rename ${node} ${name}`),
		end: async (_, node) => note(`end ${node}`),
		async enable({ node }, contentKey) {
			note(`enable ${node}`);
			if (contentKey !== undefined) keys.push(contentKey);
		},
		disable: async (jid, node) => note(`disable ${jid} ${node}`),
		publishTest: async (_, body) => note(`publish ${body}`),
		roundTrip: async () => 82,
		async close() {
			note("close");
			lose();
		},
		closed,
		...with_,
		asked,
		keys,
		lose,
	};
}

export const fakeApi = (with_: Partial<DeviceApi> = {}): DeviceApi => ({
	show: async () => SHOWN,
	renew: async ({ node, deviceSecret }) => ({ node, deviceSecret }),
	test: async () => ({ result: "delivered" }),
	end: async () => {},
	...with_,
});

/** Everybody may register. */
const fakeRegistration = (): OpenRegistration => ({
	isOpen: async () => true,
	register: async () => REGISTERED,
});

export interface FakeKit extends Kit {
	/** Each login, in order. */
	readonly logins: { jid: string; password: string; services: readonly string[] }[];
}

/** @param sessions what the logins give, in order; the last one for all further */
export function fakeKit(sessions: readonly Session[] = [fakeSession()], with_: Partial<Kit> = {}): FakeKit {
	const logins: FakeKit["logins"] = [];
	return {
		findServer: async (domain) => [`wss://xmpp.${domain}/ws`],
		async logIn(account, services) {
			logins.push({ ...account, services });
			const session = sessions[Math.min(logins.length, sessions.length) - 1];
			if (!session) throw new Error("No session is left.");
			return session;
		},
		deviceApi: () => fakeApi(),
		openRegistration: fakeRegistration,
		...with_,
		logins,
	};
}

export const failing = (reason: FaultReason) => async (): Promise<never> => {
	throw new Fault(reason);
};

/** An address bar with a history. */
export function fakeAddress(hash = ""): AddressBar & { back(): void; open(hash: string): void } {
	const entries = [hash];
	const listeners: (() => void)[] = [];
	const tell = () => {
		for (const listener of listeners) listener();
	};
	return {
		hash: () => entries.at(-1) ?? "",
		push: (to) => void entries.push(to),
		replace: (to) => void entries.splice(-1, 1, to),
		onChange: (listener) => void listeners.push(listener),
		back() {
			entries.pop();
			tell();
		},
		open(to) {
			entries.push(to);
			tell();
		},
	};
}

export const LISTED: readonly Listed[] = [
	{ node: "node-1", name: OWN.name, app: "webpush", lastSuccessAt: NOW - 240_000 },
	{ node: "node-2", name: "iPhone", app: "webpush", lastSuccessAt: NOW - 3_600_000 },
	{
		node: "node-3",
		name: "ntfy romeo-k3vq81",
		app: "ntfy",
		lastSuccessAt: NOW - 7_200_000,
		lastErrorAt: NOW - 60_000,
		lastError: "The server is too busy (503).",
	},
	{ node: "node-4", name: "Chromium on the old desktop, in the room above the orchard", app: "webpush" },
];

/** All effects of a page, of which a test names its own. */
export function fakeEffects(with_: Partial<PageEffects> = {}): PageEffects {
	let ids = 0;
	return {
		kit: fakeKit(),
		api: fakeApi(),
		registration: fakeRegistration(),
		devices: fakeDevices(),
		browser: fakeBrowser(),
		clock: fakeClock(),
		settings: SETTINGS,
		language: undefined,
		languages: ["en"],
		newId: () => `id-${++ids}`,
		address: fakeAddress(),
		setLanguage() {},
		reload() {},
		...with_,
	};
}
