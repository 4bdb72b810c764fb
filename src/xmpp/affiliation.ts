/** XEP-0357 §8: tells a user's server that a registration ended, so that it stops publishing to it. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import type { Registration } from "../types.ts";
import { NS } from "./namespaces.ts";
import { fits } from "./stanza-size.ts";

/**
 * The message to the owner, which the owner's server reads.
 * @param registration its `node` as the owner's server knows it
 * @returns undefined where the owner is not known, since it registered over HTTP, or has too long a JID
 */
export function affiliationNone({ owner, jid, node, dialect }: Registration): Element | undefined {
	// To an endpoint of UnifiedPush no server publishes.
	if (owner === "" || dialect === "unifiedpush") return undefined;
	const message = xml(
		"message",
		// From where it published to: servers compare it.
		// A headline: any other kind is kept for the owner while away, and wakes the owner's other devices.
		{ type: "headline", to: owner, ...(jid !== undefined && { from: jid }) },
		xml("pubsub", { xmlns: NS.pubsub, node }, xml("affiliation", { jid: owner, affiliation: "none" })),
	);
	// One command may end many registrations.
	return fits(message, stanzaBounds.notice.is) ? message : undefined;
}
