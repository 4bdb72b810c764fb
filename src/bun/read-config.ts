/** The configuration of a process: environment variables, the files that they name, and the tables of reveille.toml. */
import { type Config, parseConfig } from "../config/config.ts";
import { settingNames } from "../config/settings.ts";
import { readKeyFiles } from "./environment.ts";
import { readTables } from "./toml-file.ts";

/** @throws {StartError | ConfigError} naming the setting, and never a value that may be a key */
export function readConfig(env: Record<string, string | undefined>): Config {
	const settings = readKeyFiles(env, settingNames);
	const tables = readTables(settings.APPS);
	return parseConfig({ ...settings, APPS: tables.apps }, tables.connections);
}
