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
	/** Whether what a domain permits a connection is worth anything: not every server does it, or is reached. */
	trust(component: string, domain: string, isWorth: boolean): void;
	/** Resolves once that was said of a domain by any connection. */
	known(domain: string): Promise<void>;
	has(component: string, domain: string): boolean;
	/** The domains whose server gave it to any connection. */
	given(): string[];
	/** @param onGiven called when a domain gives one that is worth something */
	listen(onGiven: (domain: string) => void): void;
}

export function createPermissions(domains: readonly string[]): Permissions {
	/** By the domain of the component. */
	const given = new Map<string, Set<string>>();
	const trusted = new Map<string, Set<string>>();
	const known = new Map(domains.map((domain) => [domain, Promise.withResolvers<void>()]));
	const listeners: ((domain: string) => void)[] = [];
	const of = (component: string) => given.get(component) ?? new Set<string>();
	const has = (component: string, domain: string) =>
		of(component).has(domain) && (trusted.get(component)?.has(domain) ?? false);
	const isGiven = (domain: string) => [...given.keys()].some((component) => has(component, domain));

	function tellIfGiven(domain: string) {
		if (isGiven(domain)) for (const onGiven of listeners) onGiven(domain);
	}

	return {
		domains,
		opened: (component) => void given.set(component, new Set()),

		hear(component, message) {
			const said = readPermission(message);
			const { from } = message.attrs;
			if (said === undefined || typeof from !== "string" || !domains.includes(from)) return false;
			const its = of(component);
			const had = its.has(from);
			if (said) its.add(from);
			else its.delete(from);
			given.set(component, its);
			if (said && !had) tellIfGiven(from);
			return true;
		},

		trust(component, domain, isWorth) {
			const its = trusted.get(component) ?? new Set();
			trusted.set(component, its);
			const was = its.has(domain);
			if (isWorth) its.add(domain);
			else its.delete(domain);
			if (isWorth && !was) tellIfGiven(domain);
			known.get(domain)?.resolve();
		},

		known: async (domain) => known.get(domain)?.promise,
		has,
		given: () => domains.filter(isGiven),
		listen: (onGiven) => void listeners.push(onGiven),
	};
}
