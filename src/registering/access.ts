/** XMPP_ALLOW: who may register over XMPP. */

/**
 * @param allow domains, bare JIDs, or `*` for everybody
 * @returns whether the owner of a bare JID may register
 */
export function createAccess(allow: readonly string[]): (owner: string) => boolean {
	const allowed = new Set(allow.map((entry) => entry.toLowerCase()));
	return (owner) => {
		const bare = owner.toLowerCase();
		const domain = bare.slice(bare.indexOf("@") + 1);
		return allowed.has("*") || allowed.has(bare) || allowed.has(domain);
	};
}
