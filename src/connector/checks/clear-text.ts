/** Says at the start which connections go over a network without encryption. */

import type { Logger } from "@logtape/logtape";
import { settingOf, shownUrl, type XmppConnection } from "../../config/connections.ts";
import { about } from "../../messages/about.ts";

/** This machine's own names and addresses (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const isThisMachine = (hostname: string) =>
	/^(.+\.)?localhost\.?$|^127(\.\d{1,3}){3}$|^\[::1\]$/.test(hostname);

/** An account over `ws://`: whoever is between reads and changes what is published. Components are documented so. */
export function warnOfClearText(connections: readonly XmppConnection[], log: Pick<Logger, "warn">): void {
	for (const connection of connections) {
		// What a domain names is taken only if it is encrypted.
		if (connection.service === undefined) continue;
		const { protocol, hostname } = new URL(connection.service);
		if (protocol !== "ws:" || isThisMachine(hostname)) continue;
		log.warn(
			"{address}: the connection to {service} is not encrypted. Anybody on the way can read and change what is published. Use wss:// in {setting}.",
			about("xmpp-not-encrypted", {
				address: connection.address,
				service: shownUrl(connection.service),
				setting: settingOf(connection, "service"),
			}),
		);
	}
}
