/** Shows each app's credentials to its provider at the start, where that takes no push: a person hears at once. */

import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import type { PushService } from "../../types.ts";

const DEADLINE_MS = 15_000;

/** Never throws: what cannot be checked now shows at the first push. */
export async function checkCredentials(
	services: ReadonlyMap<string, Pick<PushService, "check">>,
	log: Logger,
): Promise<void> {
	await Promise.all(
		[...services].map(async ([app, service]) => {
			const outcome = await service.check?.(AbortSignal.timeout(DEADLINE_MS));
			if (!outcome) return;
			switch (outcome.kind) {
				case "delivered":
					return log.info("{app}: its push service accepts our credentials.", { app });
				case "misconfigured":
					return log.error(
						"{app}: its credentials do not work, and its pushes will wait. Correct them. The reason: {reason}",
						about("credentials-refused", { app, reason: outcome.reason }),
					);
				default:
					log.warn(
						"{app}: its credentials could not be checked. Pushes are sent all the same. The reason: {reason}",
						about("credentials-unchecked", { app, reason: outcome.reason }),
					);
			}
		}),
	);
}
