/**
 * What a page needs to have a device woken: finding the account's server, logging in, registering at Reveille, enabling
 * push. No part of it knows a document; the page and other sites' pages are above it.
 */
import type { AskedClass } from "../../types.ts";

/** A browser's subscription, as `PushSubscription.toJSON()` gives it. */
export interface SubscriptionJson {
	endpoint: string;
	keys: { p256dh: string; auth: string };
}

/** What a browser shows by itself of a push (Declarative Web Push): Safari, and web apps of iPhone and iPad. */
export interface Declarative {
	/** Where no sender was published. */
	title: string;
	/** What a tap opens: an https URL. */
	navigate: string;
}

/** What a device got when it registered: `<enable/>` needs the first three, the device keeps the last. */
export interface Registered {
	/** The JID that the account's server publishes to. */
	jid: string;
	node: string;
	/** Missing: `jid` is a pubsub service, which takes none. */
	secret?: string;
	/** Missing for other services than Web Push. */
	deviceSecret?: string;
}

/** What the account's server can do. */
export interface ServerFeatures {
	/** XEP-0357. */
	push: boolean;
	/** tigase:push:encrypt:0, with AES-128-GCM: what a push says, for the device alone. */
	encrypts: boolean;
}

/** One registration of the account, as `list-push-registrations` has it. */
export interface Listed {
	node: string;
	name: string;
	app: string;
	/** ms since the epoch; missing: never. */
	lastSuccessAt?: number;
	lastErrorAt?: number;
	lastError?: string;
	/** The invite that let it in, as its operator calls it. */
	invite?: string;
}

/** What can become of a test push. */
export const TEST_RESULTS = [
	"delivered",
	"queued",
	"superseded",
	"skipped",
	"gone",
	"refused",
	"not-now",
] as const;

/** What became of a test push (XMPP command or JSON API). */
export interface Tested {
	result: (typeof TEST_RESULTS)[number];
	reason?: string;
}

/** A login at the account's server. It never sends presence, so that messages count as not seen. All: @throws {Fault} */
export interface Session {
	/** The bare JID that the server bound. */
	readonly account: string;
	readonly domain: string;
	features(): Promise<ServerFeatures>;
	/** Registers a browser at Reveille's address (`register-push-webpush`). */
	registerBrowser(
		address: string,
		device: {
			subscription: SubscriptionJson;
			name: string;
			deviceId: string;
			classes?: readonly AskedClass[];
			declarative?: Declarative;
			/** An invite's code, or its link's secret, for an account that is not let in otherwise. */
			invite?: string | undefined;
		},
	): Promise<Registered>;
	/** Registers an ntfy topic (`register-push-ntfy`). @param topic its URL */
	registerTopic(address: string, device: { topic: string; name: string }): Promise<Registered>;
	list(address: string): Promise<readonly Listed[]>;
	test(address: string, node: string): Promise<Tested>;
	rename(address: string, node: string, name: string): Promise<void>;
	/** Ends registrations at Reveille. One that is not there any more is no fault. */
	end(address: string, node: string): Promise<void>;
	/**
	 * XEP-0357 §5.
	 * @param contentKey base64, 16 bytes: the server encrypts with it what a push says. Missing: it encrypts nothing.
	 */
	enable(registered: Registered, contentKey?: string): Promise<void>;
	/** XEP-0357 §6. */
	disable(jid: string, node: string): Promise<void>;
	/** Publishes as the account's server will, to one's own node; resolves when Reveille answered. */
	publishTest(registered: Registered, body: string): Promise<void>;
	/** A question to Reveille and its answer, by way of the account's server. @returns ms that it took */
	roundTrip(address: string): Promise<number>;
	/** Closes the stream properly. Never throws. */
	close(): Promise<void>;
	/** Resolves when the stream is gone, whoever ended it. */
	readonly closed: Promise<void>;
}

/** What is done with the device secret alone, over HTTP. All: @throws {Fault} */
export interface DeviceApi {
	show(device: DeviceKey): Promise<Shown>;
	/** Also brings the name and the classes up to date. @returns other keys, where they are others than before */
	renew(
		device: DeviceKey,
		to: { subscription: SubscriptionJson; name?: string; classes?: readonly AskedClass[] },
	): Promise<DeviceKey>;
	test(device: DeviceKey): Promise<Tested>;
	/** One that is not there any more is no fault. */
	end(device: DeviceKey): Promise<void>;
}

/** Registering over HTTP, for whoever gives no password. All: @throws {Fault} */
export interface OpenRegistration {
	/** Whether no token is needed. */
	isOpen(): Promise<boolean>;
	register(device: { subscription: SubscriptionJson; name: string }): Promise<Registered>;
}

export interface DeviceKey {
	node: string;
	deviceSecret: string;
}

export interface Shown {
	name?: string;
	registeredAt: number;
	renewedAt: number;
	lastSuccessAt?: number;
	lastErrorAt?: number;
	lastError?: string;
	classes?: readonly AskedClass[];
}

export interface Kit {
	/**
	 * Where a domain's server takes WebSocket connections: as the operator says, else as the domain itself says (XEP-0156).
	 * @param servers the operator's word on domains: domain to URL
	 * @param signal ends it early: what it says is thrown
	 * @returns at least one URL, the best first: `wss://`, or `ws://` from `servers` alone, on a page that is http itself
	 * @throws {Fault}
	 */
	findServer(
		domain: string,
		servers: Readonly<Record<string, string>>,
		signal?: AbortSignal,
	): Promise<readonly string[]>;
	/**
	 * Logs in, without presence. The password is kept nowhere.
	 * @param account its bare JID
	 * @param services URLs, which are tried in order until one can be reached
	 * @param signal ends it early: what it says is thrown
	 * @throws {Fault}
	 */
	logIn(
		account: { jid: string; password: string },
		services: readonly string[],
		signal?: AbortSignal,
	): Promise<Session>;
	/** @param base the URL that `/api/v1` stands under, without a slash at its end */
	deviceApi(base: string): DeviceApi;
	/** @param base likewise */
	openRegistration(base: string): OpenRegistration;
}
