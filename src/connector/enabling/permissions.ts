/**
 * Which servers let us enable push for their users now (XEP-0356). A server says so to each connection anew: Prosody right
 * behind the handshake, others whenever it changes.
 */
import type { Element } from "@xmpp/xml";
import { readPermission } from "../../xmpp/privilege.ts";

export interface Permissions {
	/** Those of XMPP_ENABLE_FOR: nobody else's word counts. */
	readonly domains: readonly string[];
	/** A connection was opened: what was said to the last one counts no more. @param component its domain */
	opened(component: string): void;
	/** A message came. @returns whether it was about permissions */
	hear(component: string, message: Element): boolean;
	/** A domain's permission is worth nothing: its server does not do what it permits. */
	distrust(domain: string, isWorthless: boolean): void;
	has(component: string, domain: string): boolean;
	/** The domains whose server gave it to any connection. */
	given(): string[];
	/** @param onGiven called when a domain gives it, to a connection that did not have it */
	listen(onGiven: (domain: string) => void): void;
}

export function createPermissions(domains: readonly string[]): Permissions {
	/** By the domain of the component. */
	const given = new Map<string, Set<string>>();
	const worthless = new Set<string>();
	const listeners: ((domain: string) => void)[] = [];
	const of = (component: string) => given.get(component) ?? new Set<string>();

	return {
		domains,
		opened: (component) => void given.set(component, new Set()),

		hear(component, message) {
			const isGiven = readPermission(message);
			const { from } = message.attrs;
			if (isGiven === undefined || typeof from !== "string" || !domains.includes(from)) return false;
			const its = of(component);
			const had = its.has(from);
			if (isGiven) its.add(from);
			else its.delete(from);
			given.set(component, its);
			if (isGiven && !had) for (const onGiven of listeners) onGiven(from);
			return true;
		},

		distrust(domain, isWorthless) {
			if (isWorthless) worthless.add(domain);
			else worthless.delete(domain);
		},

		has: (component, domain) => of(component).has(domain) && !worthless.has(domain),
		given: () =>
			domains.filter((one) => !worthless.has(one) && [...given.values()].some((its) => its.has(one))),
		listen: (onGiven) => void listeners.push(onGiven),
	};
}
