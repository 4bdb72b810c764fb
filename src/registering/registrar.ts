/** Registering at an XMPP user's word: what the commands ask for, done. */
import { type Keyring, splitOpenNode } from "../secrets.ts";
import type { Registrations } from "../store/registrations.ts";
import { type App, InvalidDevice, type PushService, type Registration } from "../types.ts";
import type { AppWish, RegisterResult, Registrar } from "../xmpp/registrar.ts";
import { createAccess } from "./access.ts";
import { createAppChoice } from "./apps.ts";
import { checkDevice, quotaReason, register } from "./registering.ts";

export interface RegistrarDeps {
	registrations: Pick<Registrations, "claim" | "register" | "findDevice" | "ofOwner" | "remove">;
	keyring: Pick<Keyring, "createNode" | "secretOf" | "openNode">;
	apps: readonly App[];
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	/** XMPP_ALLOW. */
	allow: readonly string[];
}

export function createRegistrar({ registrations, keyring, apps, services, allow }: RegistrarDeps): Registrar {
	const choice = createAppChoice(apps);

	/** The registration with the node that its owner's client and server know. */
	async function known(registration: Registration): Promise<Registration> {
		if (registration.dialect !== "tigase") return registration;
		return { ...registration, node: await keyring.openNode(registration.node) };
	}

	/** A device that registered with an app which is retired now stays there: its token is that app's. */
	async function formerApp(owner: string, device: string, wish: AppWish): Promise<App | undefined> {
		for (const app of choice.fitting(wish)) {
			if (app.retired && (await registrations.findDevice(owner, app.name, device))) return app;
		}
		return undefined;
	}

	return {
		apps: choice.served,
		services: choice.services,
		providers: choice.providers,
		mayRegister: createAccess(allow),
		secretOf: keyring.secretOf,

		async register({
			owner,
			to,
			dialect,
			app: wish,
			device,
			deviceName,
			muc,
			...input
		}): Promise<RegisterResult> {
			const app = (await formerApp(owner, device, wish)) ?? choice.choose(wish, to);
			const service = app && services.get(app.name);
			if (!app || !service) return { kind: "not-served", reason: notServed(choice.services) };
			try {
				const checked = checkDevice(service, input);
				// What was imported has no owner yet, and keeps its node.
				if (dialect === "push-appserver") {
					await registrations.claim({ owner, app: app.name, device, token: checked.device.token });
				}
				const made = await register({ registrations, keyring }, checked, {
					...{ owner, app: app.name, device, jid: to, dialect },
					...(deviceName !== undefined && { deviceName }),
					...(muc !== undefined && { muc }),
				});
				if (made.kind === "over-quota") return { kind: "over-quota", reason: quotaReason(made.quota).reason };
				const { node } = await known(made.registration);
				return { kind: "registered", jid: to, node, secret: made.secret };
			} catch (error) {
				if (error instanceof InvalidDevice) return { kind: "bad-device", reason: error.message };
				throw error;
			}
		},

		list: async (owner) => Promise.all((await registrations.ofOwner(owner)).map(known)),

		async remove(owner, which) {
			// An owner's own only: a node alone ends nobody else's.
			const all = await registrations.ofOwner(owner);
			const wanted = "nodes" in which ? byNode(which.nodes) : byDevice(which);
			const ended: Registration[] = [];
			for (const registration of all.filter(wanted)) {
				if (await registrations.remove(registration.node)) ended.push(await known(registration));
			}
			return ended;
		},
	};

	function byNode(nodes: readonly string[]) {
		const plain = new Set(nodes.map((node) => splitOpenNode(node)?.node ?? node));
		return ({ node }: Registration) => plain.has(node);
	}

	function byDevice({ device, app }: Exclude<Parameters<Registrar["remove"]>[1], { nodes: unknown }>) {
		const names = app && choice.fitting(app).map(({ name }) => name);
		return (registration: Registration) =>
			registration.device === device && (names?.includes(registration.app) ?? true);
	}
}

function notServed(services: ReadonlySet<string>): string {
	return `This server does not push to such devices. It pushes through: ${[...services].join(", ")}.`;
}
