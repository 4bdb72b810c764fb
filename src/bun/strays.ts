/** Registrations that wait in vain, said at the start: of an app that is not set up, or at an address of no connection. */
import type { Logger } from "@logtape/logtape";
import type { XmppConnection } from "../connections.ts";
import type { Registrations } from "../store/registrations.ts";
import type { App } from "../types.ts";
import { bareOf, domainOf } from "../xmpp/jid.ts";

export async function warnOfStrays(
	registrations: Pick<Registrations, "count" | "countAddresses">,
	{ apps, connections }: { apps: readonly App[]; connections: readonly XmppConnection[] },
	log: Logger,
): Promise<void> {
	for (const { app, count } of await registrations.count().catch(() => [])) {
		// Somebody renamed it, or left it out.
		if (apps.some(({ name }) => name === app)) continue;
		log.warn("{count} registrations are of the app {app}, which is not set up: their pushes wait.", {
			app,
			count,
		});
	}
	if (connections.length === 0) return;
	let strays = 0;
	for (const { jid, count } of await registrations.countAddresses().catch(() => [])) {
		if (!connections.some((connection) => serves(connection, jid))) strays += count;
	}
	if (strays > 0) {
		log.warn(
			"{strays} registrations are published to at addresses that no connection has, and are not woken until their devices register again: was an account, a resource, a domain or a pubsub service changed? The old one may be kept as a [[connection]].",
			{ strays },
		);
	}
}

/** Whether what is published to this JID comes in by the connection. */
function serves({ kind, address, domain, pubsubHost }: XmppConnection, jid: string): boolean {
	if (jid === pubsubHost) return true;
	if (kind === "component") return domainOf(jid) === domain;
	const [, resource] = address.split("/", 2);
	return bareOf(jid) === bareOf(address) && jid.slice(jid.indexOf("/") + 1) === resource;
}
