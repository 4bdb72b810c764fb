/** Registrations that wait in vain, said at the start: of an app that is not set up, or at an address of no connection. */

import type { Logger } from "@logtape/logtape";
import type { Config } from "../../config/config.ts";
import { about } from "../../messages/about.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { App } from "../../types.ts";
import { UNIFIED_PUSH } from "../../xmpp/unified-push.ts";
import { hasJid } from "../connections.ts";

/** So many addresses are named. */
const NAMED = 5;

export async function warnOfUnserved(
	registrations: Pick<Registrations, "count" | "countAddresses">,
	{ apps, connections, unifiedPush }: Pick<Config, "connections" | "unifiedPush"> & { apps: readonly App[] },
	log: Logger,
): Promise<void> {
	for (const { app, count } of await registrations.count().catch(() => [])) {
		// Somebody renamed it, or left it out.
		if (apps.some(({ name }) => name === app) || (unifiedPush && app === UNIFIED_PUSH)) continue;
		log.warn(
			"{count} registrations are of the app {app}, which is not set up, and their pushes wait. Set it up again, if it is still needed.",
			about("registrations-without-app", { app, count }),
		);
	}
	if (connections.length === 0) return;
	let unserved = 0;
	const addresses: string[] = [];
	for (const { jid, count } of await registrations.countAddresses().catch(() => [])) {
		const isServed = connections.some((one) => jid === one.pubsubHost || hasJid(one, jid));
		if (isServed) continue;
		unserved += count;
		addresses.push(jid);
	}
	if (unserved > 0) {
		log.warn(
			"{count} registrations are published to at addresses that no connection has: {addresses}. They are not woken until their devices register again. Was an account, a resource, a domain or a pubsub service changed? The old one may be kept as a [[connection]].",
			about("registrations-without-connection", {
				count: unserved,
				addresses: addresses.slice(0, NAMED).join(", ") + (addresses.length > NAMED ? ", and others" : ""),
			}),
		);
	}
}
