/** What the checks have in common: the settings, who runs, and the ways out, none of which changes anything. */
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { type Config, ConfigError } from "../../../config/config.ts";
import { createClockWatch } from "../../../connector/checks/clock.ts";
import { fileUrl } from "../../../syntax/file-url.ts";
import { readConfig } from "../../read-config.ts";
import { StartError } from "../../start-error.ts";
import type { Environment } from "../command.ts";
import { type Found, findRunning } from "../running.ts";
import { differencesOf, type SettingDigests, settingDigests } from "../settings-digests.ts";
import { type Clocks, countingSources } from "./clock.ts";
import { bad, type Finding } from "./finding.ts";

export interface Context {
	env: Environment;
	config: Config;
	/** The Reveille that runs with these settings. */
	found: Found;
	/** Told what time others say it is. */
	clocks: Clocks;
	/** In which settings the Reveille that runs differs from these; none where it is not known. */
	differences: readonly string[];
	/** The addresses of connections that could not log in, once that is known. */
	refused: Set<string>;
}

/** @returns the URL of the shared database */
export const databaseUrl = ({ database, dataDir }: Pick<Config, "database" | "dataDir">) =>
	database.url ?? fileUrl(join(dataDir, "reveille.db"));

/** The log of parts that write one: nobody reads it, since what they say are findings here. */
export const silent = getLogger(["reveille", "doctor"]);

/** @returns what is wrong with the settings where they cannot be read: nothing else can be looked at then */
export async function openContext(env: Environment): Promise<Context | readonly Finding[]> {
	let config: Config;
	try {
		config = readConfig({ ...env });
	} catch (error) {
		return wrongSettings(error);
	}
	const found = await findRunning(config.dataDir);
	return {
		env,
		config,
		found,
		differences: await differencesFrom(config, found),
		refused: new Set(),
		clocks: countingSources(createClockWatch({ log: silent })),
	};
}

function wrongSettings(error: unknown): Finding[] {
	if (error instanceof ConfigError) return error.problems.map((problem) => bad("Settings", problem));
	if (error instanceof StartError) return [bad("Settings", error.message)];
	throw error;
}

/** One of an older version does not know the question. */
async function differencesFrom(config: Config, found: Found): Promise<readonly string[]> {
	if (found.kind !== "running") return [];
	const word = crypto.randomUUID();
	try {
		const answer = await found.running.ask("/doctor/settings", {
			method: "POST",
			body: JSON.stringify({ word }),
		});
		return answer.ok
			? differencesOf((await answer.json()) as SettingDigests, settingDigests(config, word))
			: [];
	} catch {
		return [];
	}
}
