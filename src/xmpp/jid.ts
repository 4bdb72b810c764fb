/** JIDs as far as they tell who somebody is (RFC 7622): servers have checked and prepared those that arrive. */

/** The bare JID: what is before the resource, in the one spelling that is stored and compared. */
export function bareOf(jid: string): string {
	const [bare = ""] = jid.split("/", 1);
	return bare.toLowerCase();
}

/** The resource, undefined for a bare JID. */
export function resourceOf(jid: string): string | undefined {
	const slash = jid.indexOf("/");
	return slash === -1 ? undefined : jid.slice(slash + 1) || undefined;
}

/** The domain; a domain's own JID is itself. */
export function domainOf(jid: string): string {
	const bare = bareOf(jid);
	return bare.slice(bare.indexOf("@") + 1);
}

/** Could this be the bare JID of a room or a user? */
export function isBareJid(text: string): boolean {
	return /^[^@/\s]{1,1023}@[^@/\s]{1,1023}$/.test(text);
}
