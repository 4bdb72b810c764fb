import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Siege } from "./siege.ts";

/** The size of the outbox's files together. */
export function outboxBytes({ scene }: Siege): number {
	const { dataFolder } = scene.reveille;
	return readdirSync(dataFolder)
		.filter((name) => name.startsWith("outbox"))
		.reduce((sum, name) => sum + statSync(join(dataFolder, name)).size, 0);
}
