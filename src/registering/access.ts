/** XMPP_ALLOW: who may register over XMPP, and whose domain may publish without. */
import { bareOf, domainOf } from "../xmpp/jid.ts";

/**
 * @param allow domains, bare JIDs, or `*` for everybody
 * @returns whether a bare JID or a domain is among them
 */
export function createAccess(allow: readonly string[]): (owner: string) => boolean {
	const allowed = new Set(allow.map((entry) => entry.toLowerCase()));
	return (owner) => allowed.has("*") || allowed.has(bareOf(owner)) || allowed.has(domainOf(owner));
}
