/** The devices of this browser: what Reveille says of them, and their renewal, with their device secrets alone. */

import { classesOf } from "../../classes.ts";
import type { Clock } from "../../clock.ts";
import type { Devices, OwnDevice } from "../../devices.ts";
import { Fault } from "../../kit/fault.ts";
import type { DeviceApi, Session, SubscriptionJson } from "../../kit/kit.ts";
import { renewDevices } from "../../renewal.ts";
import { subscribe } from "../../this-browser.ts";
import type { Browser } from "../browser.ts";
import { encryptFromNowOn, lacksKey } from "../encrypting.ts";
import type { Knowledge } from "./known.ts";

export interface OwnDevices {
	/** What Reveille says of one; one that is not there any more is marked. @throws {Fault} */
	ask(device: OwnDevice): Promise<void>;
	/** The same behind something that was done: without an answer it is done all the same. */
	askAbout(device: OwnDevice): Promise<void>;
	/** Compares the subscription, renews, and asks Reveille about each. Never throws. */
	renewAll(): Promise<void>;
	/** @throws {Fault} */
	renew(own: OwnDevice, to: { name?: string; wantsLow?: boolean }): Promise<void>;
	/**
	 * Gives the account's device that has none a key that its server encrypts with.
	 * @returns whether a device was enabled by this session, which has to end then: Prosody sends it nothing before
	 */
	giveKeys(session: Session): Promise<boolean>;
}

/** @param deps.address Reveille's. @throws {Fault} where it is not known */
export function createOwnDevices(
	{ known, know, keepName, refresh, changed, online }: Knowledge,
	{
		api,
		devices,
		browser,
		clock,
		vapidPublicKey,
		address,
	}: {
		api: DeviceApi;
		devices: Devices;
		browser: Browser;
		clock: Clock;
		vapidPublicKey: string | undefined;
		address(): string;
	},
): OwnDevices {
	async function markEnded(node: string): Promise<void> {
		await devices.change(node, (device) => ({ ...device, ended: { at: clock.now(), why: "gone" } }));
		await changed();
	}

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

	async function askAbout(device: OwnDevice): Promise<void> {
		try {
			await ask(device);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
		}
	}

	/** With the subscription that is there, or a new one: the permission is given already. */
	async function currentSubscription(): Promise<SubscriptionJson | undefined> {
		const there = await browser.subscription();
		if (vapidPublicKey === undefined || browser.permission() !== "granted") return there;
		return subscribe({ browser, clock }, vapidPublicKey);
	}

	return {
		ask,
		askAbout,

		async renewAll() {
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

		async renew(own, to) {
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
		},

		async giveKeys(session) {
			const isMeant = (device: OwnDevice) => device.account === session.account && lacksKey(device);
			try {
				const own = (await devices.all()).find(isMeant);
				const subscription = own && (await currentSubscription());
				if (!own || !subscription) return false;
				return await encryptFromNowOn({ devices, browser, clock, address: address() }, session, {
					own,
					subscription,
				});
			} catch {
				// It is woken as before. The next sign-in tries again.
				return false;
			}
		},
	};
}
