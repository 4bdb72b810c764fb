/** Push for a site's own pages: each step in order, with what went wrong said to its developer. */
import { present } from "../../syntax/present-fields.ts";
import type { Clock } from "../clock.ts";
import type { Devices, OwnDevice } from "../devices.ts";
import { accountOver } from "../kit/account.ts";
import type { KitDeps } from "../kit/deps.ts";
import { createDeviceApi } from "../kit/device-api.ts";
import type { DeviceKey } from "../kit/kit.ts";
import type { Reveille } from "../kit/reveille.ts";
import { vapidPublicKeyAt } from "../kit/services.ts";
import { enableDevice, type Registering, registerDevice } from "../registering.ts";
import { subscribe } from "../this-browser.ts";
import { loggedInWith, type SiteConnection } from "./connections.ts";
import { PushError, pushErrorOf } from "./push-error.ts";
import type { SiteBrowser } from "./site-browser.ts";

/** What both need to know. */
export interface PushOptions {
	/** A connection of Strophe.js, or what `client()` of xmpp.js returns; online. */
	connection: SiteConnection;
	/** Reveille's XMPP address. */
	reveille: string;
	/** Reveille's https address. Default: where this module came from. */
	service?: string;
	/** Where the service worker is. Default: `sw.js`, beside the page. */
	worker?: string;
}

export interface EnableOptions extends PushOptions {
	/** A service worker that the site has registered itself, in place of `worker`. */
	registration?: ServiceWorkerRegistration;
	/** What the person calls this browser in the list of their devices. Default: `Firefox, Linux`. */
	name?: string;
	/** What a tap on a message opens: an https URL with `{jid}` and `{account}`. Default: this page. */
	open?: string;
	/** Whether class `low` comes too: calls at ejabberd, and read marks with them. Default: `false`. */
	low?: boolean;
	/** An invite's code, for an account that `XMPP_ALLOW` does not let in. */
	invite?: string;
	/** What iPhones head a push by that names no sender. Default: the site's host. */
	title?: string;
}

/** What is kept of this browser: all that a site may want to show. */
export type KeptDevice = Pick<
	OwnDevice,
	"account" | "jid" | "node" | "deviceSecret" | "name" | "endpoint" | "registeredAt"
>;

export interface SitePlatform extends Pick<KitDeps, "fetch" | "timeout" | "newId"> {
	browser: SiteBrowser;
	devices: Devices;
	clock: Clock;
	/** Where this module came from, if that is a Reveille. */
	origin: string | undefined;
}

/** What a site gets: bound to its platform. All: @throws {PushError} */
export interface SiteKit {
	/** To be called at each login: what has changed meanwhile is made good. The first time from a click. */
	enablePush(options: EnableOptions): Promise<KeptDevice>;
	/** To be called before the logout. Without push it does nothing. */
	disablePush(options: PushOptions): Promise<void>;
	/** What is kept of an account: a bare JID. */
	keptDevice(account: string): Promise<KeptDevice | undefined>;
}

const WORKER = "sw.js";

export function createSiteKit(platform: SitePlatform): SiteKit {
	const { devices } = platform;
	const deviceOf = async (account: string) =>
		(await devices.all()).find((device) => device.account === account && !device.ended);

	let latest: Promise<unknown> = Promise.resolve();
	/** A logout while the login's renewal is under way has the last word. */
	function oneAfterAnother<T>(act: () => Promise<T>): Promise<T> {
		const done = latest.then(act, act);
		latest = done;
		return done;
	}

	return {
		enablePush: (options) =>
			said(() => {
				// At once, whatever is under way.
				const allowed = allow(options, platform);
				allowed.catch(() => {});
				return oneAfterAnother(async () => {
					await allowed;
					return enable(options, platform);
				});
			}),
		disablePush: (options) =>
			said(() =>
				oneAfterAnother(async () => {
					const { account } = loggedInWith(options.connection);
					const device = await deviceOf(account);
					if (device) await disable(options, device, platform);
				}),
			),
		keptDevice: (account) => said(() => deviceOf(account)),
	};
}

async function said<T>(act: () => Promise<T>): Promise<T> {
	try {
		return await act();
	} catch (error) {
		throw pushErrorOf(error);
	}
}

/** Before anything is waited for: browsers ask only straight from a click. @throws {PushError} */
async function allow(options: EnableOptions, platform: SitePlatform): Promise<void> {
	const { browser } = platform;
	registeringFor(options, platform);
	const obstacle = browser.obstacle();
	if (obstacle) throw new PushError(obstacle);
	const permission = await browser.askPermission();
	if (permission !== "granted") throw new PushError(permission === "denied" ? "denied" : "dismissed");
}

async function enable(options: EnableOptions, platform: SitePlatform): Promise<KeptDevice> {
	const { browser, devices, clock } = platform;
	const registering = registeringFor(options, platform);
	const { encrypts } = await registering.session.features();
	const registration = options.registration ?? (await workerOf(options, browser));
	const key = await keyOf(registering.reveille, baseOf(options, platform), platform);
	const subscriber = { subscribe: (wanted: string) => browser.subscribe(registration, wanted) };
	const subscription = await subscribe({ browser: subscriber, clock }, key);
	// For the service worker, which may be woken as soon as the browser is registered.
	const url = browser.url();
	await devices.setOpenTemplate(options.open ?? "");
	await devices.setSite({ home: url.href, ...present({ apiBase: baseOf(options, platform) }) });
	const made = await registerDevice(registering, {
		subscription,
		name: options.name ?? browser.name(),
		page: { https: url.protocol === "https:", home: url.href, title: options.title ?? url.host },
		wantsLow: options.low ?? false,
		encrypts,
		invite: options.invite,
	});
	await enableDevice(registering, made);
	return made.device;
}

async function disable(options: PushOptions, device: OwnDevice, platform: SitePlatform): Promise<void> {
	const { browser, devices } = platform;
	const { session, address } = registeringFor(options, platform);
	const { jid, node } = device;
	const told = await Promise.allSettled([session.disable(jid, node), session.end(address, node)]);
	await devices.remove(node);
	if ((await devices.all()).length === 0) await browser.unsubscribe(options.worker);
	// Either of them is enough: nothing is published any more, or nothing that is published arrives.
	const [first] = told.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
	if (told.every(({ status }) => status === "rejected")) throw first;
}

/** @throws {PushError} */
function registeringFor(options: PushOptions, platform: SitePlatform) {
	const { connection, reveille: address } = options;
	if (!address) throw new PushError("no-address");
	const { account, iq } = loggedInWith(connection);
	const session = accountOver(account, iq);
	const base = baseOf(options, platform);
	const endByKey = async (key: DeviceKey) => {
		if (base !== undefined) await createDeviceApi(base, platform).end(key);
	};
	const { devices, clock, newId } = platform;
	return {
		session,
		account,
		address,
		devices,
		endByKey,
		now: clock.now,
		newId,
		reveille: session.reveille(address),
	} satisfies Registering & { reveille: Reveille };
}

/** Without a slash at its end. */
const baseOf = ({ service }: PushOptions, { origin }: SitePlatform): string | undefined =>
	(service ?? origin)?.replace(/\/+$/, "");

async function workerOf(
	{ worker = WORKER }: PushOptions,
	browser: SiteBrowser,
): Promise<ServiceWorkerRegistration> {
	try {
		return await browser.serviceWorker(worker);
	} catch (cause) {
		throw new PushError("no-worker", cause instanceof Error ? cause.message : "", { cause });
	}
}

/** Said by the command, or over HTTP by a Reveille that does not say it there. */
async function keyOf(reveille: Reveille, base: string | undefined, platform: SitePlatform): Promise<string> {
	const key =
		(await reveille.vapidPublicKey()) ??
		(base === undefined ? undefined : await vapidPublicKeyAt(base, platform));
	if (key === undefined) throw new PushError("no-key");
	return key;
}
