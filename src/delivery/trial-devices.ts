/**
 * Devices that live in this process alone, to see how long a publish takes from its server to its device: `reveille
 * doctor` makes one, and it ends by itself.
 *
 * Nothing is stored, and nobody can register one: to the rest of delivery it looks like a registration of an app that
 * no operator can name. It has no URL: what is pushed to it stays here, encrypted and opened as for any browser.
 */
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import type { Keyring } from "../secrets.ts";
import { webPushContent } from "../services/webpush/content.ts";
import { createReceiver, type Receiver } from "../services/webpush/message-decryption.ts";
import { encrypt } from "../services/webpush/message-encryption.ts";
import { receiverKeys } from "../services/webpush/receiver-keys.ts";
import type { App, PushService, Registration } from "../types.ts";
import type { Known } from "./push-modules.ts";

/** How far a publish has come. */
export type Leg =
	/** The stanza is here. */
	| "arrived"
	/** Its secret was checked, and its registration looked up. */
	| "handled"
	/** It was handed to the push service. */
	| "pushed"
	/** The device has opened it. */
	| "decrypted";

export interface TrialDevice {
	node: string;
	/** What a publish must show. */
	secret: string;
	end(): void;
}

export interface Trials {
	readonly app: App;
	readonly service: PushService;
	/**
	 * Makes a device.
	 * @param tell called at each leg of a publish; at the last with the text that the device read
	 * @param onEnd called when it has ended
	 * @returns undefined: there are too many
	 */
	begin(tell: (leg: Leg, body?: string) => void, onEnd: () => void): Promise<TrialDevice | undefined>;
	/** A publish came. */
	arrived(node: string): void;
	/** The registrations, and beside them these devices. */
	beside(registrations: Known): Known;
}

/** No app in the settings may begin so. */
const APP = "-doctor";

/** Whether pushes to an app are no traffic. */
export const isTrial = (app: string): boolean => app === APP;

interface Live {
	registration: Registration;
	receiver: Receiver;
	tell(leg: Leg, body?: string): void;
}

export function createTrials(
	keyring: Pick<Keyring, "createNode" | "secretOf">,
	lifeMs: number = deliveryBounds.trialLife.is * 1000,
): Trials {
	const live = new Map<string, Live>();

	return {
		app: { name: APP, service: "webpush", include: { sender: true, body: true } },

		service: {
			name: "webpush",
			parseDevice() {
				throw new Error("no device can be registered here");
			},
			async send({ registration: { node }, notification }) {
				const device = live.get(node);
				if (!device) return { kind: "gone", reason: "the trial has ended" };
				const { receiver, tell } = device;
				tell("pushed");
				const sealed = await encrypt(webPushContent(node, notification), receiverKeys(receiver.keys));
				const content = JSON.parse(new TextDecoder().decode(await receiver.decrypt(sealed)));
				tell("decrypted", String(content.body ?? ""));
				return { kind: "delivered" };
			},
		},

		async begin(tell, onEnd) {
			if (live.size >= deliveryBounds.trials.is) return undefined;
			const node = keyring.createNode();
			const [secret, receiver] = await Promise.all([keyring.secretOf(node), createReceiver()]);
			const now = Date.now();
			const registration = {
				node,
				app: APP,
				device: node,
				owner: "",
				token: node,
				registeredAt: now,
				renewedAt: now,
				...receiver.keys,
			};
			live.set(node, { registration, receiver, tell });
			const timer = setTimeout(end, lifeMs);
			function end() {
				clearTimeout(timer);
				if (live.delete(node)) onEnd();
			}
			return { node, secret, end };
		},

		arrived: (node) => live.get(node)?.tell("arrived"),

		beside(registrations) {
			function find(node: string): Registration | undefined {
				const device = live.get(node);
				device?.tell("handled");
				return device?.registration;
			}
			return {
				find(node) {
					const its = find(node);
					return its ? Promise.resolve(its) : registrations.find(node);
				},
				findAtPrimary: async (node) => live.get(node)?.registration ?? registrations.findAtPrimary(node),
				forget: async (node, ...condition) => live.has(node) || registrations.forget(node, ...condition),
				rename: registrations.rename,
				remove: async (node, by) => live.has(node) || registrations.remove(node, by),
				forgetVoip: (...condition) => registrations.forgetVoip(...condition),
				record: (results, counts) =>
					registrations.record(
						results.filter(({ node }) => !live.has(node)),
						counts.filter(({ app }) => app !== APP),
					),
			};
		},
	};
}
