/** What the operator is told of somebody who may not register: anybody can ask, any number of times. */
import type { Happened } from "../store/console/events.ts";
import { partyOfOwner } from "../xmpp/party.ts";

/** `by`: whose they count as. */
export type RefusedRegistration = Omit<Happened, "at" | "count"> & { by: string };

/** What was answered. */
interface Refusal {
	kind: string;
	reason: string;
}

/**
 * @param owner a bare JID
 * @param isBarred whether that is why, which the answer does not say
 */
export function refusedRegistration(
	owner: string,
	{ kind, reason }: Refusal,
	isBarred: boolean,
): RefusedRegistration {
	const isOperators = isBarred || kind === "no-invite";
	return {
		kind: "not-accepted",
		owner,
		reason: isBarred ? "it is barred, or its domain is" : reason,
		decider: isOperators ? "operator" : "reveille",
		decidedBy: isOperators ? "The operator" : "Reveille",
		isStrangers: true,
		by: partyOfOwner(owner),
	};
}
