/** All XMPP connections of a process: each has a connector of its own, and none of them waits for another. */
import type { Element } from "@xmpp/xml";
import { settingOf, shownUrl, type XmppConnection } from "../config/connections.ts";
import { bareOf, domainOf, resourceOf } from "../xmpp/jid.ts";
import { type Connector, type ConnectorDeps, type ConnectorStatus, startConnector } from "./connection.ts";

export interface Connections {
	/** Whether each address is ours. */
	isOnline(): ReadonlyMap<string, boolean>;
	/** The URL of the server of each address, once it is known. */
	services(): ReadonlyMap<string, string | undefined>;
	/**
	 * True while all of them are, or stand by for another process's; otherwise a sentence that says what is wrong, fit
	 * for strangers: a server's URL is called by its setting.
	 */
	status(): true | string;
	/**
	 * Sends a stanza of our own by the connection that has this JID, from that JID; or by the first, if none has.
	 * Nobody promises that it arrives.
	 */
	sendFrom(from: string | undefined, stanza: Element): void;
	/** @param finish answers all that is in hand; called once for all of them */
	stop(finish: () => Promise<void>): Promise<void>;
}

/** @param depsOf what the connector of a connection is given */
export async function startConnections(
	connections: readonly XmppConnection[],
	depsOf: (connection: XmppConnection) => Omit<ConnectorDeps, "connection">,
): Promise<Connections> {
	const held: { connection: XmppConnection; connector: Connector }[] = [];
	for (const connection of connections) {
		held.push({ connection, connector: await startConnector({ ...depsOf(connection), connection }) });
	}

	const statuses = (): [string, ConnectorStatus][] =>
		held.map(({ connection, connector }) => [connection.address, connector.status()]);

	return {
		isOnline: () => new Map(statuses().map(([address, { kind }]) => [address, kind === "online"])),

		services: () =>
			new Map(held.map(({ connection, connector }) => [connection.address, connector.service()])),

		status() {
			if (held.length === 0) {
				return "XMPP is not configured: set XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD.";
			}
			const faults = held.flatMap(({ connection, connector }) => {
				const status = connector.status();
				const said = status.kind === "online" ? status.fault : status.reason;
				if (said === undefined || status.kind === "standby") return [];
				const { address } = connection;
				const service = connector.service();
				const name = connection.service === undefined ? "its server" : settingOf(connection, "service");
				const reason = service === undefined ? said : said.replaceAll(shownUrl(service), name);
				return [held.length === 1 ? reason : `${address}: ${reason}`];
			});
			return faults.length === 0 || faults.join(" ");
		},

		sendFrom(from = "", stanza) {
			const { connection, connector } = held.find((each) => hasJid(each.connection, from)) ?? held[0] ?? {};
			if (!connection) return;
			// From an account a server takes its own address only; from a component any of its domain's.
			const isAny = connection.kind === "component" && hasJid(connection, from);
			stanza.attrs.from = isAny ? from : connection.address;
			connector?.send(stanza);
		},

		async stop(finish) {
			let finishing: Promise<void> | undefined;
			const finishOnce = () => {
				finishing ??= finish();
				return finishing;
			};
			// Without a connection there may still be something to finish.
			await Promise.all([...held.map(({ connector }) => connector.stop(finishOnce)), finishOnce()]);
		},
	};
}

/** Whether stanzas to this JID come in by the connection. */
export function hasJid({ kind, address, domain }: XmppConnection, jid: string): boolean {
	if (kind === "component") return domainOf(jid) === domain;
	// Several connections may be resources of one account.
	return bareOf(jid) === bareOf(address) && resourceOf(jid) === resourceOf(address);
}
