/** Who counts as one behind a device, where names and addresses cost nothing. */
import type { Registration } from "../../types.ts";
import { partyOfOwner } from "../../xmpp/party.ts";

/** All those of whom nobody knows: they registered over HTTP before it was noted. */
export const UNKNOWN_PARTY = "unknown";

/** The party of a registration; of one that is older than the note the registrable domain of its owner. */
export function partyOf({ party, owner }: Pick<Registration, "party" | "owner">): string {
	if (party !== undefined) return party;
	return owner === "" ? UNKNOWN_PARTY : partyOfOwner(owner);
}
