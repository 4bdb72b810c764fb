/** Registering at an XMPP user's word: what the commands ask for, done. */
import type { Rate } from "../limits/bounds/bound.ts";
import { registrableDomain } from "../limits/registrable-domain.ts";
import { createBuckets } from "../limits/token-buckets.ts";
import type { Keyring } from "../secrets.ts";
import type { Registrations } from "../store/registrations.ts";
import { type App, InvalidDevice, type PushService } from "../types.ts";
import { domainOf } from "../xmpp/jid.ts";
import type { AppWish, RegisterResult, Registrar } from "../xmpp/registrar.ts";
import { createAccess } from "./access.ts";
import { createAppChoice } from "./apps.ts";
import { knownNode, type NodeSource, NoNodeReady } from "./nodes.ts";
import { createOwnRegistrations, type OwnRegistrationsDeps } from "./own-registrations.ts";
import { checkDevice, quotaReason, register } from "./registering.ts";

export interface RegistrarDeps extends Omit<OwnRegistrationsDeps, "now"> {
	registrations: OwnRegistrationsDeps["registrations"] &
		Pick<Registrations, "claim" | "register" | "findDevice">;
	keyring: OwnRegistrationsDeps["keyring"] & Pick<Keyring, "secretOf" | "deviceSecretOf">;
	apps: readonly App[];
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	/** XMPP_ALLOW. */
	allow: readonly string[];
	now?: () => number;
	/** A pubsub host that takes the publishes in; missing: they come where the commands come. */
	pubsubHost?: {
		jid: string;
		/** Lets only the owner's server and account publish to a node, and of a room (`muc`) its service and itself. */
		restrict(node: string, owner: string, muc?: string): Promise<void>;
	};
}

/**
 * Registrations of one domain: a large server whose users' clients all start again, and far from what fills a disk.
 * A domain makes as many bare JIDs as it likes, so that a quota for each of them is none.
 */
const REGISTRATIONS: Rate = { burst: 1_000, perSecond: 10 };

export function createRegistrar(deps: RegistrarDeps): Registrar {
	const { registrations, keyring, nodes, apps, services, allow, pubsubHost } = deps;
	const now = deps.now ?? Date.now;
	const choice = createAppChoice(apps);
	const domains = createBuckets(REGISTRATIONS, now);

	/** A device that registered with an app which is retired now stays there: its token is that app's. */
	async function formerApp(owner: string, device: string, wish: AppWish): Promise<App | undefined> {
		for (const app of choice.fitting(wish)) {
			if (app.retired && (await registrations.findDevice(owner, app.name, device))) return app;
		}
		return undefined;
	}

	/**
	 * Where the node of a device comes from. One that registered elsewhere before it was told of a pubsub host begins
	 * anew: the host has not its node. What it has ends only once there is another.
	 */
	async function nodesFor(owner: string, { name }: App, device: string, jid: string): Promise<NodeSource> {
		const former = pubsubHost && (await registrations.findDevice(owner, name, device));
		if (!former || (await nodes.isAt(jid, former.node))) return nodes;
		const node = await nodes.create(jid);
		await registrations.remove(former.node);
		return { ...nodes, create: async () => node };
	}

	return {
		apps: choice.served,
		services: choice.services,
		providers: choice.providers,
		givesSecrets: pubsubHost === undefined,
		mayRegister: createAccess(allow),
		secretOf: (node) => keyring.secretOf(keyring.usable(node)),

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
			const party = registrableDomain(domainOf(owner));
			const ms = domains.take(domainOf(owner));
			if (ms > 0)
				return { kind: "not-ready", reason: "Too many register from your server: try again in a minute." };
			try {
				const checked = checkDevice(service, input);
				// What was imported has no owner yet, and keeps its node, which no pubsub host has.
				if (dialect === "push-appserver" && pubsubHost === undefined) {
					await registrations.claim({ owner, party, app: app.name, device, token: checked.device.token });
				}
				const jid = pubsubHost?.jid ?? to;
				const source = await nodesFor(owner, app, device, jid);
				const made = await register({ registrations, keyring, nodes: source }, checked, {
					...{ owner, party, app: app.name, device, jid, dialect },
					...(deviceName !== undefined && { deviceName }),
					...(muc !== undefined && { muc }),
				});
				if (made.kind === "over-quota") return { kind: "over-quota", reason: quotaReason(made.quota).reason };
				const node = await knownNode(made.registration, deps);
				await pubsubHost?.restrict(node, owner, muc);
				const { secret, deviceSecret } = made;
				return { kind: "registered", jid, node, secret: pubsubHost ? undefined : secret, deviceSecret };
			} catch (error) {
				if (error instanceof NoNodeReady) return { kind: "not-ready", reason: error.message };
				if (error instanceof InvalidDevice) return { kind: "bad-device", reason: error.message };
				throw error;
			}
		},

		...createOwnRegistrations({ ...deps, now }, choice, (owner) => domains.take(domainOf(owner))),
	};
}

function notServed(services: ReadonlySet<string>): string {
	return `This server does not push to such devices. It pushes through: ${[...services].join(", ")}.`;
}
