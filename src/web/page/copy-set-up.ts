/** The set-up without a password: a client of the person's own enables push, with values to copy. */
import { signal as createSignal, type ReadonlySignal } from "@preact/signals";
import type { Clock } from "../clock.ts";
import type { Devices, OwnDevice } from "../devices.ts";
import type { OpenRegistration, Registered, SubscriptionJson } from "../kit/kit.ts";
import { deviceOf, subscribe } from "../this-browser.ts";
import { readAccount } from "./account.ts";
import type { Browser } from "./browser.ts";
import { faultOf, type PageFault } from "./page-fault.ts";

export type CopyState =
	| { at: "start"; mistake?: "jid" | "dismissed" | "denied" | PageFault }
	| { at: "running" }
	/** Reveille registered it. */
	| { at: "values"; registered: Registered; device: OwnDevice }
	/** Reveille lets nobody register without a login: the person's client does it, by the command. */
	| { at: "command"; subscription: SubscriptionJson };

export interface CopySetUp {
	readonly state: ReadonlySignal<CopyState>;
	/** From a tap. */
	start(jid: string, name: string): Promise<void>;
	/** Back to the start. */
	reset(): void;
}

export function createCopySetUp(effects: {
	browser: Browser;
	clock: Clock;
	devices: Devices;
	registration: OpenRegistration;
	/** Missing: Web Push is off, and the page does not come this far. */
	vapidPublicKey: string | undefined;
	/** The store has another device. */
	changed(): void;
}): CopySetUp {
	const { browser, clock, devices, registration, vapidPublicKey = "", changed } = effects;
	const state = createSignal<CopyState>({ at: "start" });

	async function register(account: string, name: string): Promise<CopyState> {
		const subscription = await subscribe({ browser, clock }, vapidPublicKey);
		if (!(await registration.isOpen())) return { at: "command", subscription };
		const registered = await registration.register({ subscription, name });
		const device = deviceOf(registered, { account, name, subscription, now: clock.now() });
		await devices.put(device);
		browser.persist();
		changed();
		return { at: "values", registered, device };
	}

	return {
		state,
		async start(typed, name) {
			const account = readAccount(typed);
			if (!account) {
				state.value = { at: "start", mistake: "jid" };
				return;
			}
			const permission = await browser.askPermission();
			if (permission !== "granted") {
				state.value = { at: "start", mistake: permission === "denied" ? "denied" : "dismissed" };
				return;
			}
			state.value = { at: "running" };
			try {
				state.value = await register(account.jid, name);
			} catch (error) {
				state.value = { at: "start", mistake: faultOf(error) };
			}
		},
		reset() {
			state.value = { at: "start" };
		},
	};
}
