/** Tells those who would go on publishing that a registration ended. */

import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import { nodeForm, type OwnerForm } from "../messages/whom.ts";
import { knownNode, type NodeSource } from "../registering/nodes.ts";
import { isEnabledByUs } from "../registering/own-users.ts";
import type { Keyring } from "../secrets.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Registration } from "../types.ts";
import { affiliationNone } from "../xmpp/affiliation.ts";
import { domainOf } from "../xmpp/jid.ts";
import type { Connections } from "./connections.ts";
import type { Entrance } from "./entrances.ts";

/**
 * @returns tells the owner's server, where it is known (XEP-0357 §8). A pubsub host tells of its nodes itself, once
 *   they are deleted there
 */
export function tellOfEnds({
	entrances,
	connections,
	nodes,
	keyring,
	ownDomains,
	ownerForm,
	log,
}: {
	entrances: readonly Pick<Entrance, "intake">[];
	connections: Pick<Connections, "sendFrom">;
	nodes: NodeSource;
	keyring: Keyring;
	/** XMPP_ENABLE_FOR: their servers are told by disabling what was enabled. */
	ownDomains: readonly string[];
	ownerForm: OwnerForm;
	log: Logger;
}): (registration: Registration) => void {
	async function tellOwner(registration: Registration): Promise<void> {
		const node = await knownNode(registration, { keyring, nodes });
		const message = affiliationNone({ ...registration, node });
		if (message) connections.sendFrom(registration.jid, message);
	}

	return (registration) => {
		const { jid, node } = registration;
		if (nodes.isPubsubHost(jid)) {
			for (const { intake } of entrances) intake.ended(jid, node);
			return;
		}
		if (isEnabledByUs(registration) && ownDomains.includes(domainOf(registration.owner))) return;
		tellOwner(registration).catch((error: unknown) =>
			log.warn(
				"The server of {owner} could not be told that the registration {node} with {app} has ended. It is told with its next publish: {error}",
				about("owner-not-told", {
					owner: ownerForm(registration.owner),
					node: nodeForm(node),
					app: registration.app,
					error: faultOf(error),
				}),
			),
		);
	};
}
