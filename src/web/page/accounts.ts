/**
 * The accounts and devices that the page shows: this browser's own from the store, the others of an account from its
 * server while a login is open. What is done to them is here; no part of it draws.
 */
import { signal as createSignal, type ReadonlySignal } from "@preact/signals";
import { present } from "../../syntax/present-fields.ts";
import { classesOf } from "../classes.ts";
import type { Clock } from "../clock.ts";
import type { Devices, OwnDevice } from "../devices.ts";
import { Fault } from "../kit/fault.ts";
import type { DeviceApi, Kit, Listed, Session, Shown } from "../kit/kit.ts";
import { renewDevices } from "../renewal.ts";
import type { WebAppSettings } from "../settings.ts";
import { subscribe } from "../this-browser.ts";
import { domainOf } from "./account.ts";
import type { Browser } from "./browser.ts";
import { byReveille, type TestResult, testPush } from "./test-push.ts";

/** One device as it is shown, own or not. */
export interface DeviceView {
	account: string;
	node: string;
	name: string;
	/** The app of Reveille's that it is registered at; missing: not known without a login. */
	app?: string;
	/** This browser. */
	own?: OwnDevice;
	/** `unknown`: Reveille was not asked, or did not answer. `new`: nothing was sent to it yet. */
	state: "works" | "failing" | "ended" | "new" | "unknown";
	/** ms since the epoch. */
	lastPushAt?: number;
	lastError?: string;
	/** Own devices, where Reveille was asked. */
	shown?: Shown;
}

/** What an account's server said of its devices. */
export interface AccountList {
	at: number;
	listed: readonly Listed[];
	/** Whether the login is still open. */
	open: boolean;
}

/** What is known beside the store. */
interface Known {
	own: readonly OwnDevice[];
	lists: ReadonlyMap<string, AccountList>;
	/** By node: what Reveille says of own devices. */
	shown: ReadonlyMap<string, Shown>;
}

export interface AccountsEffects {
	kit: Kit;
	api: DeviceApi;
	devices: Devices;
	browser: Browser;
	clock: Clock;
	/** Missing: the page could not load its settings; own devices can be managed all the same. */
	settings: Pick<WebAppSettings, "address" | "vapidPublicKey" | "servers"> | undefined;
}

/** All methods: @throws {Fault}, or what the browser says. */
export interface Accounts {
	/** Bare JIDs: of own devices, and those with a login. */
	readonly names: ReadonlySignal<readonly string[]>;
	readonly online: ReadonlySignal<boolean>;
	list(account: string): AccountList | undefined;
	/** This browser first. */
	devicesOf(account: string): readonly DeviceView[];
	device(node: string): DeviceView | undefined;
	/** Reads the store. */
	refresh(): Promise<void>;
	/** Compares the subscription, renews, and asks Reveille about this browser. Never throws. */
	renew(): Promise<void>;
	/** Takes a login over, and lists. */
	signedIn(session: Session): Promise<void>;
	/** Logs in once more, for the whole list. */
	open(account: string, password: string): Promise<void>;
	/** Lists again, over a login that is open, and asks about this browser. */
	lookAgain(account: string): Promise<void>;
	rename(device: DeviceView, name: string): Promise<void>;
	/** Calls at ejabberd: class `low`. For own devices. */
	setLow(device: OwnDevice, wantsLow: boolean): Promise<void>;
	/** Own devices are watched until the notification is shown; of others Reveille says what became of it. */
	test(device: DeviceView): Promise<TestResult>;
	/** At Reveille first, then at the account's server. @returns whether the server was told */
	end(device: DeviceView): Promise<boolean>;
	/** Drops a device that ended, here alone. */
	forget(node: string): Promise<void>;
	/** Registers an ntfy topic; with it the login ends (see `set-up.ts`: Prosody wakes nothing before). */
	addTopic(account: string, topic: string): Promise<void>;
}

export function createAccounts(effects: AccountsEffects): Accounts {
	const { kit, api, devices, browser, clock, settings } = effects;
	const known = createSignal<Known>({ own: [], lists: new Map(), shown: new Map() });
	const names = createSignal<readonly string[]>([]);
	const online = createSignal(browser.online());
	const sessions = new Map<string, Session>();

	function know(part: Partial<Known>): void {
		known.value = { ...known.value, ...part };
		const { own, lists } = known.value;
		names.value = [...new Set([...own.map(({ account }) => account), ...lists.keys()])];
	}

	async function refresh(): Promise<void> {
		online.value = browser.online();
		know({ own: await devices.all() });
	}

	/** After each change of the store. */
	async function changed(): Promise<void> {
		browser.tellTabs();
		await refresh();
	}

	const setList = (account: string, list: AccountList) =>
		know({ lists: new Map(known.value.lists).set(account, list) });

	function closeList(account: string): void {
		const list = known.value.lists.get(account);
		if (list) setList(account, { ...list, open: false });
	}

	const address = (): string => {
		if (settings?.address === undefined) throw new Fault({ kind: "http-away" });
		return settings.address;
	};

	async function list(account: string, session: Session): Promise<void> {
		const listed = await session.list(address());
		setList(account, { at: clock.now(), listed, open: sessions.get(account) === session });
		for (const { node, name } of listed) await keepName(node, name);
	}

	async function signedIn(session: Session): Promise<void> {
		const { account } = session;
		const former = sessions.get(account);
		sessions.set(account, session);
		void former?.close();
		void session.closed.then(() => {
			if (sessions.get(account) !== session) return;
			sessions.delete(account);
			closeList(account);
		});
		await list(account, session);
	}

	/** What Reveille says of a device of this browser; one that is not there any more is marked. @throws {Fault} */
	async function ask(device: OwnDevice): Promise<void> {
		if (device.ended) return;
		try {
			const shown = await api.show(device);
			know({ shown: new Map(known.value.shown).set(device.node, shown) });
			await keepName(device.node, shown.name);
		} catch (error) {
			if (!(error instanceof Fault && error.reason.kind === "ended")) throw error;
			await markEnded(device.node);
		}
	}

	/** It may have been given elsewhere; the store's is what all tabs show. */
	async function keepName(node: string, name: string | undefined): Promise<void> {
		const own = known.value.own.find((device) => device.node === node);
		if (!own || name === undefined || name === own.name) return;
		await devices.change(node, (device) => ({ ...device, name }));
		await changed();
	}

	/** The same behind something that was done: without an answer it is done all the same. */
	async function askAbout(device: OwnDevice): Promise<void> {
		try {
			await ask(device);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
		}
	}

	async function markEnded(node: string): Promise<void> {
		await devices.change(node, (device) => ({ ...device, ended: { at: clock.now(), why: "gone" } }));
		await changed();
	}

	/** With the subscription that is there, or a new one: the permission is given already. */
	async function currentSubscription() {
		const key = settings?.vapidPublicKey;
		const there = await browser.subscription();
		if (key === undefined) return there;
		return browser.permission() === "granted" ? subscribe({ browser, clock }, key) : there;
	}

	function view(own: OwnDevice | undefined, listed: Listed | undefined): DeviceView {
		const shown = own && known.value.shown.get(own.node);
		const told = listed ?? shown;
		const state: DeviceView["state"] = own?.ended ? "ended" : stateOf(told, own?.lastPushAt);
		return present({
			account: own?.account ?? "",
			node: own?.node ?? listed?.node ?? "",
			name: own?.name ?? listed?.name ?? "",
			state,
			app: listed?.app,
			own,
			lastPushAt: latest(told?.lastSuccessAt, own?.lastPushAt),
			lastError: told?.lastError,
			shown,
		});
	}

	function devicesOf(account: string): readonly DeviceView[] {
		const { own, lists } = known.value;
		const mine = own.filter((device) => device.account === account);
		const listed = lists.get(account)?.listed ?? [];
		return [
			...mine.map((device) =>
				view(
					device,
					listed.find(({ node }) => node === device.node),
				),
			),
			...listed
				.filter(({ node }) => !mine.some((device) => device.node === node))
				.map((device) => ({ ...view(undefined, device), account })),
		];
	}

	/** Lists again where a login is open: what was changed is seen as the server has it. */
	async function listAfter(account: string): Promise<void> {
		const session = sessions.get(account);
		if (session) await list(account, session);
	}

	async function renewOwn(own: OwnDevice, to: { name?: string; wantsLow?: boolean }): Promise<void> {
		const subscription = await currentSubscription();
		if (!subscription) throw new Fault({ kind: "ended" });
		const wantsLow = to.wantsLow ?? own.wantsLow;
		const name = to.name ?? own.name;
		const key = await api
			.renew(own, { subscription, name, classes: classesOf(wantsLow) })
			.catch(async (error: unknown) => {
				if (error instanceof Fault && error.reason.kind === "ended") await markEnded(own.node);
				throw error;
			});
		const { endpoint } = subscription;
		const renewed = { ...key, name, wantsLow, endpoint, renewedAt: clock.now() };
		if (key.node === own.node) await devices.change(own.node, (device) => ({ ...device, ...renewed }));
		else await devices.replace(own.node, { ...own, ...renewed });
		await changed();
		await askAbout({ ...own, ...renewed });
	}

	return {
		names,
		online,
		list: (account) => known.value.lists.get(account),
		devicesOf,
		device: (node) => names.value.flatMap(devicesOf).find((device) => device.node === node),
		refresh,
		async renew() {
			await refresh();
			const own = known.value.own.filter(({ ended }) => !ended);
			if (own.length === 0 || !online.value) return;
			try {
				const subscription = await currentSubscription();
				if (subscription) await renewDevices({ devices, api, subscription, now: clock.now });
				await changed();
				for (const device of known.value.own) await askAbout(device);
			} catch {
				// Without a network, a push service or a store this opening shows what was known before.
			}
		},
		signedIn,
		async open(account, password) {
			const typed = known.value.own.find((device) => device.account === account)?.service;
			const domain = domainOf(account);
			const services = typed ? [typed] : await kit.findServer(domain, settings?.servers ?? {});
			await signedIn(await kit.logIn({ jid: account, password }, services));
		},
		async lookAgain(account) {
			await refresh();
			await listAfter(account);
			for (const device of known.value.own) if (device.account === account) await ask(device);
		},
		async rename({ account, node, own }, name) {
			const session = sessions.get(account);
			if (own) await renewOwn(own, { name });
			else if (session) await session.rename(address(), node, name);
			await listAfter(account);
		},
		async setLow(own, wantsLow) {
			await renewOwn(own, { wantsLow });
		},
		async test(device) {
			const { account, node, own } = device;
			if (own) {
				const result = await testPush({ devices, api, browser, clock }, byReveille(api, own));
				await refresh();
				await askAbout(own);
				return result;
			}
			const session = sessions.get(account);
			if (!session) throw new Fault({ kind: "disconnected", domain: account });
			const { result, reason } = await session.test(address(), node);
			await listAfter(account);
			if (result === "gone") throw new Fault({ kind: "ended" });
			if (result === "delivered" || result === "superseded") return { kind: "handed-over", legs: {} };
			const station = result === "not-now" || result === "skipped" ? "reveille" : "push-service";
			return { kind: "stopped", station, legs: {}, ...present({ lastError: reason }) };
		},
		async end({ account, node, own }) {
			const session = sessions.get(account);
			if (session) await session.end(address(), node);
			else if (own) await api.end(own);
			let told = false;
			if (session) {
				told = await session.disable(own?.jid ?? address(), node).then(
					() => true,
					() => false,
				);
			}
			if (own) {
				await devices.remove(node);
				await changed();
				if (known.value.own.length === 0) await browser.unsubscribe();
			}
			await listAfter(account);
			return told;
		},
		async forget(node) {
			await devices.remove(node);
			await changed();
		},
		async addTopic(account, topic) {
			const session = sessions.get(account);
			if (!session) throw new Fault({ kind: "disconnected", domain: account });
			const registered = await session.registerTopic(address(), { topic, name: topicName(topic) });
			await session.enable(registered);
			await list(account, session);
			await session.close();
		},
	};
}

const latest = (...times: (number | undefined)[]): number | undefined => {
	const there = times.filter((time) => time !== undefined);
	return there.length === 0 ? undefined : Math.max(...there);
};

/** @param shownAt when this browser showed one: Reveille may have been asked before that */
function stateOf(
	told: Pick<Listed, "lastSuccessAt" | "lastErrorAt"> | undefined,
	shownAt = 0,
): DeviceView["state"] {
	if (!told) return "unknown";
	const { lastErrorAt = 0 } = told;
	const lastSuccessAt = Math.max(told.lastSuccessAt ?? 0, shownAt);
	if (lastErrorAt > lastSuccessAt) return "failing";
	return lastSuccessAt > 0 ? "works" : "new";
}

/** An ntfy topic's name for people: the last part of its URL. */
const topicName = (topic: string) => `ntfy ${new URL(topic).pathname.split("/").at(-1) ?? ""}`.trim();
