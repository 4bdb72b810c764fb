/** reveille.toml: the operator's apps, whose keys may be files of their own. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StartError } from "./start-error.ts";

/** Looked for in the working directory when APPS names no other. */
const DEFAULT_FILE = "reveille.toml";

/** Fields that take the text itself or a file's path. */
const FROM_FILE = /^(key|cert|cert_key|service_account)$/;
const PATH = /^\.{0,2}\/[^\n]*$/;

/**
 * The tables `[[app]]`, unchecked but for their files.
 * @param setting APPS: a path, JSON, or nothing
 * @returns JSON as it is, the tables of the file, or undefined if there is none
 * @throws {StartError} naming the file
 */
export function readApps(setting: string | undefined): unknown {
	if (setting?.trim().startsWith("[")) return setting;
	const path = setting ?? DEFAULT_FILE;
	if (setting === undefined && !existsSync(path)) return undefined;
	const tables = parse(path);
	if (!Array.isArray(tables)) return tables;
	// Paths are as seen from the file that names them.
	const folder = dirname(path);
	return tables.map((table: unknown) =>
		Object.fromEntries(
			Object.entries(table ?? {}).map(([field, value]) => [
				field,
				FROM_FILE.test(field) && typeof value === "string" && PATH.test(value)
					? read(resolve(folder, value), `${field} in ${path}`)
					: value,
			]),
		),
	);
}

function parse(path: string): unknown {
	const text = read(path, "APPS");
	let content: Record<string, unknown>;
	try {
		content = Bun.TOML.parse(text) as Record<string, unknown>;
	} catch (error) {
		// Not its message: it quotes what it could not read, which may be a secret without its quotes.
		const { line } = error as { line?: number };
		throw new StartError(`${path} is no TOML${line ? `: see line ${line}` : ""}.`, error);
	}
	const others = Object.keys(content).filter((name) => name !== "app");
	if (others.length > 0)
		throw new StartError(`${path} holds tables [[app]] and nothing else, not ${others.join(", ")}.`);
	return content.app;
}

function read(path: string, what: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
		throw new StartError(`${what} names the file ${path}, which cannot be read (${code}).`, error);
	}
}
