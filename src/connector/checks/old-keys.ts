/** Tells the operator whether old keys are still needed. */
import type { Logger } from "@logtape/logtape";
import type { KeyUse } from "../../store/registrations/count-by-key.ts";

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
				"{count} registrations stand on a key that is not configured ({key}): they are not pushed to until their devices register again, or SECRET_KEY_OLD has that key.",
				{ count, key },
			);
		}
	}
	if (!imported?.count) return;
	const { count, state } = imported;
	if (state === "old") {
		log.info(
			"{count} imported registrations were not renewed since the key was changed: the keys of SECRET_KEY_OLD are needed.",
			{ count },
		);
	} else {
		log.warn(
			"{count} imported registrations were not renewed since the key was changed: where SECRET_KEY_OLD had their key, they are not pushed to until their devices register again.",
			{ count },
		);
	}
}
