/**
 * The accounts and devices that the page shows: this browser's own from the store (own-devices.ts), the others of an
 * account from its server while a login is open (logins.ts). What is done to them is here; no part of it draws.
 */
import type { ReadonlySignal } from "@preact/signals";
import { present } from "../../../syntax/present-fields.ts";
import type { Clock } from "../../clock.ts";
import type { Devices, OwnDevice } from "../../devices.ts";
import { domainOf } from "../../kit/account.ts";
import { Fault } from "../../kit/fault.ts";
import type { DeviceApi, Kit, Session } from "../../kit/kit.ts";
import type { WebAppSettings } from "../../settings.ts";
import type { Browser } from "../browser.ts";
import { byReveille, type TestResult, testPush } from "../test-push.ts";
import { type DeviceView, viewsOf } from "./device-view.ts";
import { type AccountList, createKnowledge } from "./known.ts";
import { createLogins } from "./logins.ts";
import { createOwnDevices } from "./own-devices.ts";

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
	/** Logs in once more, for the whole list. A device of this browser without a key gets one, if its server encrypts. */
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
	const knowledge = createKnowledge({ devices, browser });
	const { known, names, online, refresh, changed } = knowledge;
	const address = (): string => {
		if (settings?.address === undefined) throw new Fault({ kind: "http-away" });
		return settings.address;
	};
	const logins = createLogins(knowledge, { clock, address });
	const own = createOwnDevices(knowledge, {
		api,
		devices,
		browser,
		clock,
		vapidPublicKey: settings?.vapidPublicKey,
		address,
	});
	const devicesOf = (account: string) => viewsOf(account, known.value);

	return {
		names,
		online,
		list: (account) => known.value.lists.get(account),
		devicesOf,
		device: (node) => names.value.flatMap(devicesOf).find((device) => device.node === node),
		refresh,
		renew: own.renewAll,
		signedIn: logins.take,
		async open(account, password) {
			const typed = known.value.own.find((device) => device.account === account)?.service;
			const services = typed ? [typed] : await kit.findServer(domainOf(account), settings?.servers ?? {});
			const logIn = () => kit.logIn({ jid: account, password }, services);
			let session = await logIn();
			if (await own.giveKeys(session)) {
				await session.close();
				await changed();
				session = await logIn();
			}
			await logins.take(session);
		},
		async lookAgain(account) {
			await refresh();
			await logins.listAgain(account);
			for (const device of known.value.own) if (device.account === account) await own.ask(device);
		},
		async rename({ account, node, own: device }, name) {
			if (device) await own.renew(device, { name });
			else await logins.of(account)?.rename(address(), node, name);
			await logins.listAgain(account);
		},
		setLow: (device, wantsLow) => own.renew(device, { wantsLow }),
		async test({ account, node, own: device }) {
			if (!device) return testElsewhere(account, node);
			const result = await testPush({ devices, api, browser, clock }, byReveille(api, device));
			await refresh();
			await own.askAbout(device);
			return result;
		},
		async end({ account, node, own: device }) {
			const session = logins.of(account);
			if (session) await session.end(address(), node);
			else if (device) await api.end(device);
			const told = await session?.disable(device?.jid ?? address(), node).then(
				() => true,
				() => false,
			);
			if (device) {
				await devices.remove(node);
				await changed();
				if (known.value.own.length === 0) await browser.unsubscribe();
			}
			await logins.listAgain(account);
			return told ?? false;
		},
		async forget(node) {
			await devices.remove(node);
			await changed();
		},
		async addTopic(account, topic) {
			const session = openLogin(account);
			const registered = await session.registerTopic(address(), { topic, name: topicName(topic) });
			await session.enable(registered);
			await logins.list(account, session);
			await session.close();
		},
	};

	/** @throws {Fault} */
	function openLogin(account: string): Session {
		const session = logins.of(account);
		if (!session) throw new Fault({ kind: "disconnected", domain: account });
		return session;
	}

	/** Of another device Reveille says what became of its push. */
	async function testElsewhere(account: string, node: string): Promise<TestResult> {
		const { result, reason } = await openLogin(account).test(address(), node);
		await logins.listAgain(account);
		if (result === "gone") throw new Fault({ kind: "ended" });
		if (result === "delivered" || result === "superseded") return { kind: "handed-over", legs: {} };
		const station = result === "not-now" || result === "skipped" ? "reveille" : "push-service";
		return { kind: "stopped", station, legs: {}, ...present({ lastError: reason }) };
	}
}

/** An ntfy topic's name for people: the last part of its URL. */
const topicName = (topic: string) => `ntfy ${new URL(topic).pathname.split("/").at(-1) ?? ""}`.trim();
