/** XEP-0357 §8: tells a user's server that a registration ended, so that it stops publishing to it. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { Registration } from "../types.ts";
import { NS } from "./namespaces.ts";

/**
 * The message to the owner, which the owner's server reads.
 * @param registration its `node` as the owner's server knows it
 * @returns undefined where the owner is not known: it registered over HTTP
 */
export function affiliationNone({ owner, jid, node }: Registration): Element | undefined {
	if (owner === "") return undefined;
	return xml(
		"message",
		// From where it published to: servers compare it.
		// A headline: any other kind is kept for the owner while away, and wakes the owner's other devices.
		{ type: "headline", to: owner, ...(jid !== undefined && { from: jid }) },
		xml("pubsub", { xmlns: NS.pubsub, node }, xml("affiliation", { jid: owner, affiliation: "none" })),
	);
}
