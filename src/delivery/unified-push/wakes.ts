/**
 * How much may go out because a device says that it is there. A presence is small, and what waits for its device is not:
 * one that takes nothing would get all of it again with each presence.
 */
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import { partyOfOwner } from "../../xmpp/party.ts";

export interface Wakes {
	/** Takes one. @param owner a bare JID @returns whether there was one */
	take(owner: string): boolean;
	/** A device of the owner took a push. */
	putBack(owner: string): void;
}

export function createWakes(now: () => number): Wakes {
	const owners = createBuckets(unifiedPushBounds.wakes.is, now);
	const parties = createBuckets(unifiedPushBounds.partyWakes.is, now);
	return {
		take: (owner) => owners.take(owner) === 0 && parties.take(partyOfOwner(owner)) === 0,
		putBack(owner) {
			owners.putBack(owner);
			parties.putBack(partyOfOwner(owner));
		},
	};
}
