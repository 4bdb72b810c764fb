/**
 * Which app a device is for: every way in asks here. The address that it wrote to decides first, then the name that
 * its dialect has for an app, then the order: so there is always one, if its service has any. A client of the JSON API
 * can name its app, so it is asked to where several would do.
 */
import type { App, ServiceName } from "../types.ts";
import type { AppWish } from "../xmpp/commands/registrar.ts";
import { domainOf } from "../xmpp/jid.ts";
import { SERVICE_BY_NAME } from "../xmpp/service-names.ts";

/** What Tigase's clients call themselves, for operators who name no providers of their own. */
const WELL_KNOWN: ReadonlyMap<string, ServiceName> = new Map([
	["tigase:messenger:apns:1", "apns"],
	["snikket:apns:1", "apns"],
	["fcm-xmpp-api", "fcm"],
]);

/** What came of a client's naming its app, or not. `names`: of those that it could name. */
export type Naming =
	| { kind: "chosen"; app: App }
	/** `unknown`: there is none of that name. `several`: it named none, and these would do. */
	| { kind: "unknown" | "several"; names: readonly string[] }
	/** No app here is for such devices. */
	| { kind: "none" };

export interface AppChoice {
	/** The apps that take registrations. */
	readonly served: readonly App[];
	readonly services: ReadonlySet<ServiceName>;
	/** Tigase's provider ids that are served. */
	readonly providers: readonly string[];
	/** mod_push_appserver's types of the services that are served. An app's name will do too, and is not listed. */
	readonly types: readonly string[];
	/** The app of this name, a retired one too: registrations keep it. */
	called(name: string): App | undefined;
	/** All apps that a registration of such a device may be of, the address aside; retired ones too. */
	fitting(wish: AppWish): readonly App[];
	/** The one for a new registration. @param to the address that the device wrote to, a JID. @returns undefined: none */
	choose(wish: AppWish, to: string): App | undefined;
	/**
	 * The one for a device that may be registered already: with an app that is retired now it stays there, since its
	 * token is that app's.
	 * @param isOf whether the device is registered with this app
	 */
	chooseAgain(wish: AppWish, to: string, isOf: (app: App) => Promise<boolean>): Promise<App | undefined>;
	/**
	 * The one for a new registration of a client that can name it.
	 * @param device a browser's subscription is for Web Push; any other token is not
	 */
	chooseNamed(name: string | undefined, device: "subscription" | "token", to: string): Naming;
}

/**
 * @param all the first of a service is its default
 * @param preferred those of them that the operator says to take wherever they fit, whatever the address; retired ones
 *   too
 */
export function createAppChoice(all: readonly App[], preferred: readonly App[] = []): AppChoice {
	const isOpen = ({ retired }: App) => !retired;
	const served = all.filter(isOpen);
	const services = new Set(served.map(({ service }) => service));
	const ofService = (service: ServiceName | undefined) => all.filter((app) => app.service === service);
	const listed = new Set(served.flatMap(({ providers = [] }) => providers));
	const wellKnown = [...WELL_KNOWN].filter(([, service]) => {
		const its = served.filter((app) => app.service === service);
		return its.length > 0 && its.every(({ providers = [] }) => providers.length === 0);
	});
	const providers = [...new Set([...listed, ...wellKnown.map(([provider]) => provider)])];

	function fitting(wish: AppWish): readonly App[] {
		if ("service" in wish) return ofService(wish.service);
		if ("provider" in wish) {
			const { provider } = wish;
			if (!providers.includes(provider)) return [];
			return listed.has(provider)
				? all.filter((app) => app.providers?.includes(provider))
				: ofService(WELL_KNOWN.get(provider));
		}
		const ofType = ofService(SERVICE_BY_NAME.get(wish.type));
		return ofType.length > 0 ? ofType : all.filter(({ name }) => name === wish.type);
	}

	function choose(wish: AppWish, to: string): App | undefined {
		const its = fitting(wish);
		const told = preferred.find((app) => its.includes(app));
		if (told) return told;
		const [app] = narrowed(
			atAddress(its.filter(isOpen), to),
			({ name }) => "type" in wish && name === wish.type,
		);
		return app;
	}

	return {
		served,
		services,
		providers,
		types: [...SERVICE_BY_NAME].filter(([, service]) => services.has(service)).map(([type]) => type),
		called: (name) => all.find((app) => app.name === name),
		fitting,
		choose,

		async chooseAgain(wish, to, isOf) {
			for (const app of fitting(wish)) if (app.retired && (await isOf(app))) return app;
			return choose(wish, to);
		},

		chooseNamed(name, device, to) {
			if (name !== undefined) {
				const app = served.find((candidate) => candidate.name === name);
				return app ? { kind: "chosen", app } : { kind: "unknown", names: served.map((one) => one.name) };
			}
			const its = served.filter(({ service }) => (service === "webpush") === (device === "subscription"));
			const [app, ...others] = atAddress(its, to);
			if (!app) return { kind: "none" };
			if (others.length === 0) return { kind: "chosen", app };
			return { kind: "several", names: its.map((one) => one.name) };
		},
	};
}

/** Those whose address a device wrote to, or all where it is nobody's. */
const atAddress = (apps: readonly App[], to: string): readonly App[] =>
	narrowed(apps, ({ addresses = [] }) => addresses.some((address) => isAt(address, to)));

/** Those that fit, or all if none does. */
function narrowed(apps: readonly App[], fits: (app: App) => boolean): readonly App[] {
	const fitting = apps.filter(fits);
	return fitting.length > 0 ? fitting : apps;
}

/**
 * Which of our addresses a JID is: what else stands in it, whoever wrote to us chose.
 * @param addresses the more exact one counts: a full JID, then a bare one, then the domain
 * @returns undefined: none of them
 */
export function ourAddress(addresses: readonly string[], jid: string): string | undefined {
	const exactness = (address: string) => Number(address.includes("/")) + Number(address.includes("@"));
	return addresses
		.filter((address) => isAt(address, jid))
		.toSorted((one, other) => exactness(other) - exactness(one))[0];
}

/** Whether this JID is an app's address, or belongs to it: a domain is the address of every JID at it. */
function isAt(address: string, jid: string): boolean {
	const [bare = "", ...resource] = jid.split("/");
	const lower = bare.toLowerCase();
	const [wantedBare = "", ...wantedResource] = address.split("/");
	if (wantedResource.length > 0) {
		return wantedBare.toLowerCase() === lower && wantedResource.join("/") === resource.join("/");
	}
	return [lower, domainOf(lower)].includes(wantedBare.toLowerCase());
}
