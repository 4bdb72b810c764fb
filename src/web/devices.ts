/**
 * What this browser keeps of its devices, in IndexedDB: the page and the service worker share it. Nothing in it logs in
 * anywhere; the device secret opens one registration, and the key for content opens pushes.
 */

/** This browser as a device of one account. */
export interface OwnDevice {
	/** The key. */
	node: string;
	deviceSecret: string;
	/** The account's bare JID. */
	account: string;
	name: string;
	/** Reveille's JID, as `<enable/>` had it. */
	jid: string;
	/** Of the subscription that Reveille knows: another one now has to be told. */
	endpoint: string;
	registeredAt: number;
	renewedAt: number;
	/** When a push was last shown for it. */
	lastPushAt?: number;
	/** What was shown and not looked at since, by sender; the empty name: of no known sender. */
	unread?: Readonly<Record<string, number>>;
	lastTest?: { at: number; tookMs: number };
	/** What it registered with: setting it up again replaces it. */
	deviceId?: string;
	/** Where a person said that the account's server is; missing: the domain tells, or the operator. */
	service?: string;
	/** Whether class `low` was asked for: calls at ejabberd. */
	wantsLow: boolean;
	/** Opens what the account's server encrypts for this browser alone; missing: it encrypts nothing. */
	contentKey?: CryptoKey;
	/** It ended; kept until a person has seen it. */
	ended?: { at: number; why: "account-removed" | "gone" };
}

/** A test push on its way: the service worker recognises it, and says how long it took. */
export interface PendingTest {
	node: string;
	/** What the push says; missing: one by the device secret, whose body is Reveille's. */
	body?: string;
	startedAt: number;
}

/** A site of others, with the kit for sites. */
export interface OtherSite {
	/** Its page, which a tap opens. */
	home: string;
	/** What `/api/v1` of Reveille stands under, without a slash at its end; missing: not known. */
	apiBase?: string;
}

export interface Devices {
	all(): Promise<readonly OwnDevice[]>;
	get(node: string): Promise<OwnDevice | undefined>;
	put(device: OwnDevice): Promise<void>;
	/** Changes one in a transaction of its own, so that two tabs lose nothing. @returns what it is now */
	change(node: string, change: (device: OwnDevice) => OwnDevice): Promise<OwnDevice | undefined>;
	/** Gives a device another node (a key change at Reveille). */
	replace(node: string, device: OwnDevice): Promise<void>;
	remove(node: string): Promise<void>;
	/** What this browser registers with: one id for all tabs. @param fresh kept where there is none yet */
	deviceId(fresh: string): Promise<string>;
	/** When a person last had the page open, ms; missing: never. */
	openedAt(): Promise<number | undefined>;
	setOpenedAt(at: number): Promise<void>;
	/** BCP 47; what the page is shown in, for the notifications. */
	language(): Promise<string | undefined>;
	setLanguage(language: string): Promise<void>;
	/** WEB_APP_OPEN, as the page last heard it. */
	openTemplate(): Promise<string | undefined>;
	setOpenTemplate(template: string): Promise<void>;
	/** What the service worker of another site must know; missing: it is the web app's own. */
	site(): Promise<OtherSite | undefined>;
	setSite(site: OtherSite): Promise<void>;
	setPendingTest(test: PendingTest): Promise<void>;
	/** The test of a node that is younger than two minutes; it is taken out. */
	takePendingTest(node: string, body: string | undefined): Promise<PendingTest | undefined>;
}

/** What the service worker tells open pages (`postMessage`). */
export type WorkerMessage =
	| { kind: "test-shown"; node: string; at: number; tookMs: number }
	| { kind: "shown"; node: string }
	| { kind: "changed" };
