/** Whether the account of a connection is the one that made the nodes at its pubsub host. */
import { StartError } from "../../bun/start-error.ts";
import { settingOf, type XmppConnection } from "../../config/connections.ts";
import type { PubsubNodes } from "../../store/pubsub-nodes.ts";
import { bareOf } from "../../xmpp/jid.ts";

/**
 * Another account's nodes can be neither read nor deleted, and whoever claimed one would never be woken.
 * @throws {StartError}
 */
export async function checkKeepers(
	connections: readonly XmppConnection[],
	nodes: Pick<PubsubNodes, "keeper">,
): Promise<void> {
	for (const connection of connections) {
		const { pubsubHost: host, address } = connection;
		if (host === undefined) continue;
		const account = bareOf(address);
		// While the database is away nothing is done there either.
		const keeper = await nodes.keeper(host, account).catch(() => account);
		if (keeper === account) continue;
		throw new StartError(
			"pubsub-nodes-foreign",
			`${settingOf(connection, "pubsub_host")}: the nodes at ${host} are those of ${keeper}, and ${account} cannot look after them. Keep the connection of ${keeper} for it. To begin anew there, with every device registering again, delete the rows of this host from the table pubsub_nodes.`,
		);
	}
}
