/** Settings from environment variables; those that hold keys may name a file instead. */
import { readFileSync } from "node:fs";
import { StartError } from "./start-error.ts";

const FROM_FILE = /_(KEY|KEY_OLD|CERT|ACCOUNT|CA)$/;
const PATH = /^\.{0,2}\//;

/**
 * Replaces the path of a file by what is in it, for the settings that allow it.
 * @throws {StartError} naming the variable, and never its value: it may be the key itself
 */
export function readKeyFiles(
	env: Record<string, string | undefined>,
	names: readonly string[],
): Record<string, string | undefined> {
	return Object.fromEntries(
		names.map((name) => {
			const value = env[name]?.trim();
			if (!value || !FROM_FILE.test(name) || !PATH.test(value)) return [name, value];
			return [name, readKeyFile(name, value)];
		}),
	);
}

function readKeyFile(name: string, path: string): string {
	let text: string;
	try {
		text = readFileSync(path, "utf8").trim();
	} catch (error) {
		// Not the value: a key in base64 may begin with a slash too.
		const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
		throw new StartError(
			"key-file-unreadable",
			`${name} begins like a path, and there is no file there that can be read (${code}).`,
			error,
		);
	}
	// As if it were unset, a new key would be generated in place of the one that was meant.
	if (!text) throw new StartError("key-file-empty", `${name} names a file that is empty.`);
	return text;
}
