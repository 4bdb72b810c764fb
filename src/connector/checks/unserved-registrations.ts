/** Registrations that wait in vain, said at the start: of an app that is not set up, or at an address of no connection. */

import type { Logger } from "@logtape/logtape";
import type { Config } from "../../config/config.ts";
import { about } from "../../messages/about.ts";
import type { Counts } from "../../store/registrations/census.ts";
import type { App } from "../../types.ts";
import { UNIFIED_PUSH } from "../../xmpp/unified-push.ts";

/** So many addresses are named. */
const NAMED = 5;

export function warnOfUnserved(
	{ apps: counts, unserved }: Pick<Counts, "apps" | "unserved">,
	{ apps, unifiedPush }: Pick<Config, "unifiedPush"> & { apps: readonly Pick<App, "name">[] },
	log: Logger,
): void {
	for (const [app, count] of counts) {
		// Somebody renamed it, or left it out.
		if (apps.some(({ name }) => name === app) || (unifiedPush && app === UNIFIED_PUSH)) continue;
		log.warn(
			"{count} registrations are of the app {app}, which is not set up, and their pushes wait. Set it up again, if it is still needed.",
			about("registrations-without-app", { app, count }),
		);
	}
	const { count, addresses } = unserved;
	if (count === 0) return;
	log.warn(
		"{count} registrations are published to at addresses that no connection has: {addresses}. They are not woken until their devices register again. Was an account, a resource, a domain or a pubsub service changed? The old one may be kept as a [[connection]].",
		about("registrations-without-connection", {
			count,
			addresses: addresses.slice(0, NAMED).join(", ") + (addresses.length > NAMED ? ", and others" : ""),
		}),
	);
}
