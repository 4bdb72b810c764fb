/** Says which names look like settings and are none: a misspelt one would have no effect, and nobody would know. */
import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import { misspelt } from "./settings.ts";

/** @param names those of all environment variables, or of a Worker's bindings */
export function warnOfMisspelt(names: readonly string[], log: Pick<Logger, "warn">): void {
	for (const { name, meant } of misspelt(names)) {
		const hint = meant ? `: did you mean ${meant}?` : ", and is ignored.";
		log.warn("{name} is not a setting of Reveille{hint}", about("setting-unknown", { name, hint }));
	}
}
