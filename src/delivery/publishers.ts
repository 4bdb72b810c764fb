/** Who may publish to a registration, beside having its node and secret. */
import type { Registration } from "../types.ts";
import { domainOf } from "../xmpp/jid.ts";

/** Why a publish is turned away: a node and its secret got into other hands. */
export const NOT_THE_OWNERS = "published by another domain than the owner's, or the room's";

/**
 * A node and its secret that got into other hands are of no use there, where the owner's own server is known. Of a
 * room's messages the room's service tells, which has a domain of its own.
 * @param publishers who may where the owner is known: its domains, or everybody with the secret
 * @param publisher the domain that published it; undefined: that was found to be allowed, or is nobody's to ask
 */
export function mayPublish(
	publishers: "own" | "any",
	{ owner, muc }: Pick<Registration, "owner" | "muc">,
	publisher: string | undefined,
): boolean {
	if (publishers === "any" || publisher === undefined || owner === "") return true;
	return domainOf(owner) === publisher || (muc !== undefined && domainOf(muc) === publisher);
}
