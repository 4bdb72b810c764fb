/** The configuration of a process: environment variables, the files that they name, and the tables of reveille.toml. */
import { type Config, ConfigError, parseConfig } from "../config/config.ts";
import { misspelt, settingNames } from "../config/settings.ts";
import { readKeyFiles } from "./environment.ts";
import { readTables } from "./toml-file.ts";

/** @throws {StartError | ConfigError} naming the setting, and never a value that may be a key */
export function readConfig(env: Record<string, string | undefined>): Config {
	const settings = readKeyFiles(env, settingNames);
	const tables = readTables(settings.APPS);
	try {
		return parseConfig({ ...settings, APPS: tables.apps }, tables.connections);
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		// What is missing may be there under a misspelt name.
		throw new ConfigError([...error.problems, ...misspeltIn(env)], error.id);
	}
}

const misspeltIn = (env: Record<string, string | undefined>) =>
	misspelt(Object.keys(env)).flatMap(({ name, meant }) =>
		meant === undefined ? [] : [`${name} is not a setting of Reveille: did you mean ${meant}?`],
	);
