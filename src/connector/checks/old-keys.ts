/** Tells the operator whether old keys are still needed. */

import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import type { KeyUse } from "../../store/registrations/key-use.ts";

/** @param uses the old ones in the order of SECRET_KEY_OLD */
export function tellOfKeys(uses: readonly KeyUse[], log: Logger): void {
	const imported = uses.find(({ key }) => key === "imported");
	let place = 0;
	for (const { key, state, count } of uses) {
		if (key === "imported") continue;
		if (state === "old") {
			place++;
			if (count > 0) {
				log.info(
					"{count} registrations stand on key {place} of SECRET_KEY_OLD ({key}): it is needed. They leave it as their devices renew.",
					{ count, place, key },
				);
			} else if (!imported?.count) {
				log.info(
					"No registration stands on key {place} of SECRET_KEY_OLD ({key}) any more: it can be taken out.",
					{ place, key },
				);
			}
		} else if (state === "gone" && count > 0) {
			log.warn(
				"{count} registrations stand on a key that is not configured ({key}). They are not woken until SECRET_KEY_OLD has that key, or their devices register again.",
				about("registrations-without-key", { count, key }),
			);
		}
	}
	if (!imported?.count) return;
	const { count, state } = imported;
	if (state === "old") {
		log.info(
			"{count} imported registrations in {database} were not renewed since the key was changed: the keys of SECRET_KEY_OLD are needed.",
			{ count },
		);
	} else {
		log.warn(
			"{count} imported registrations in {database} were not renewed since the key was changed. Those whose key was in SECRET_KEY_OLD are not woken until it is there again, or their devices register again.",
			about("imported-registrations-without-key", { count }),
		);
	}
}
