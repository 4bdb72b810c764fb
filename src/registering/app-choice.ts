/**
 * Which app a device is for, where its dialect has no field for it: the address that it wrote to decides, then the
 * dialect's own name for an app, then the order. So there is always one, if its service has any.
 */
import type { App, ServiceName } from "../types.ts";
import type { AppWish } from "../xmpp/commands/registrar.ts";
import { domainOf } from "../xmpp/jid.ts";
import { SERVICE_NAMES } from "../xmpp/service-names.ts";

/** What Tigase's clients call themselves, for operators who name no providers of their own. */
const WELL_KNOWN: ReadonlyMap<string, ServiceName> = new Map([
	["tigase:messenger:apns:1", "apns"],
	["snikket:apns:1", "apns"],
	["fcm-xmpp-api", "fcm"],
]);

export interface AppChoice {
	/** The apps that take registrations. */
	readonly served: readonly App[];
	readonly services: ReadonlySet<ServiceName>;
	/** Tigase's provider ids that are served. */
	readonly providers: readonly string[];
	/** All apps that a registration of such a device may be of, the address aside; retired ones too. */
	fitting(wish: AppWish): readonly App[];
	/** The one for a new registration. @param to the address that the device wrote to, a JID. @returns undefined: none */
	choose(wish: AppWish, to: string): App | undefined;
}

/** @param all the first of a service is its default */
export function createAppChoice(all: readonly App[]): AppChoice {
	const served = all.filter(({ retired }) => !retired);
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
		const ofType = ofService(SERVICE_NAMES.get(wish.type));
		return ofType.length > 0 ? ofType : all.filter(({ name }) => name === wish.type);
	}

	return {
		served,
		services: new Set(served.map(({ service }) => service)),
		providers,
		fitting,
		choose(wish, to) {
			const open = fitting(wish).filter(({ retired }) => !retired);
			const atAddress = narrowed(open, ({ addresses = [] }) =>
				addresses.some((address) => isAt(address, to)),
			);
			const [app] = narrowed(atAddress, ({ name }) => "type" in wish && name === wish.type);
			return app;
		},
	};
}

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

/** Is this JID an app's address, or is it under it: a domain is the address of all that are at it? */
function isAt(address: string, jid: string): boolean {
	const [bare = "", ...resource] = jid.split("/");
	const lower = bare.toLowerCase();
	const [wantedBare = "", ...wantedResource] = address.split("/");
	if (wantedResource.length > 0) {
		return wantedBare.toLowerCase() === lower && wantedResource.join("/") === resource.join("/");
	}
	return [lower, domainOf(lower)].includes(wantedBare.toLowerCase());
}
