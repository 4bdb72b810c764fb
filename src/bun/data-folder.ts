/** The data folder: keys that are generated at the first start, readable by nobody else. */
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "./start-error.ts";

const OTHERS = 0o077;

/** Makes the folder if it is not there. @throws {StartError} */
export function prepareDataFolder(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new StartError(
			"data-folder-unusable",
			`The data folder ${folder} cannot be made: set DATA_DIR to one this user may write.`,
			error,
		);
	}
}

/**
 * Reads a secret of the data folder, generating it the first time.
 *
 * It appears under its name only when it is whole, and only once: of two processes that start at once, both read
 * the same.
 * @throws {StartError} when others may read the file, or it cannot be read or made
 */
export async function secretFile(
	folder: string,
	name: string,
	generate: () => string | Promise<string>,
): Promise<{ value: string; created: boolean }> {
	const path = join(folder, name);
	try {
		const value = readSecretFile(path);
		if (value !== undefined) return { value, created: false };
		let created = false;
		const draft = `${path}.${randomBytes(6).toString("hex")}`;
		try {
			writeFileSync(draft, `${await generate()}\n`, { mode: 0o600, flag: "wx", flush: true });
			chmodSync(draft, 0o600);
			linkSync(draft, path);
			created = true;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		} finally {
			rmSync(draft, { force: true });
		}
		const made = readSecretFile(path);
		if (made === undefined) throw new Error("it was not there after it was made");
		return { value: made, created };
	} catch (error) {
		if (error instanceof StartError) throw error;
		throw new StartError("secret-file-unusable", `${path} cannot be read or made: ${String(error)}`, error);
	}
}

/**
 * @returns undefined: there is no such file
 * @throws {StartError} when others may read it, or there is nothing in it
 */
export function readSecretFile(path: string): string | undefined {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (!stat) return undefined;
	if (stat.mode & OTHERS) {
		throw new StartError(
			"secret-file-open",
			`${path} may be read by others, and it is a secret: chmod 600 ${path}`,
		);
	}
	const value = readFileSync(path, "utf8").trim();
	if (!value)
		throw new StartError(
			"secret-file-empty",
			`${path} is empty: restore it from a backup, or remove it to have a new one made.`,
		);
	return value;
}
