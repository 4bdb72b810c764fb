/** Settings from environment variables; those that hold keys may name a file instead. */
import { readFileSync } from "node:fs";
import { StartError } from "./start-error.ts";

const FROM_FILE = /_(KEY|CERT|ACCOUNT)$/;
const PATH = /^\.{0,2}\//;

/**
 * Replaces the path of a file by what is in it, for the settings that allow it.
 * @throws {StartError} naming the variable and the file
 */
export function readKeyFiles(
	env: Record<string, string | undefined>,
	names: readonly string[],
): Record<string, string | undefined> {
	return Object.fromEntries(
		names.map((name) => {
			const value = env[name]?.trim();
			if (!value || !FROM_FILE.test(name) || !PATH.test(value)) return [name, value];
			try {
				return [name, readFileSync(value, "utf8").trim()];
			} catch (error) {
				throw new StartError(
					`${name} names the file ${value}, which cannot be read: ${String(error)}`,
					error,
				);
			}
		}),
	);
}
