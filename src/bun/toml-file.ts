/** reveille.toml: the operator's apps and XMPP connections, whose keys may be files of their own. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StartError } from "./start-error.ts";

/** Looked for in the working directory when APPS names no other. */
const DEFAULT_FILE = "reveille.toml";

/** The tables, and which of their fields take the text itself or a file's path. */
const FROM_FILE = {
	app: /^(key|cert|cert_key|service_account)$/,
	connection: /^(password|ca)$/,
};
const TABLE = /^[A-Za-z]?[a-z_-]{1,20}$/;
const PATH = /^\.{0,2}\/[^\n]*$/;

/** What stands in the file under each name; unchecked, and undefined if there is nothing. */
export interface Tables {
	apps: unknown;
	connections: unknown;
}

/**
 * The tables `[[app]]` and `[[connection]]`, unchecked but for their files.
 * @param setting APPS: a path, the apps' JSON, or nothing
 * @returns JSON as it is, and the tables of the file; nothing of a file that holds comments only
 * @throws {StartError} naming the file
 */
export function readTables(given: string | undefined): Tables {
	const setting = given?.trim() || undefined;
	if (setting?.startsWith("[")) return { apps: setting, connections: undefined };
	// Not to be taken for a path, which is repeated when it cannot be read: there may be secrets in it.
	if (setting?.startsWith("{"))
		throw new StartError("apps-malformed", "APPS must be a file's path, or a JSON list of apps.");
	const path = setting ?? DEFAULT_FILE;
	if (setting === undefined && !existsSync(path)) return { apps: undefined, connections: undefined };
	const { app, connection } = parse(path);
	return { apps: withFiles(app, "app", path), connections: withFiles(connection, "connection", path) };
}

/** Paths are as seen from the file that names them. */
function withFiles(tables: unknown, name: keyof typeof FROM_FILE, path: string): unknown {
	if (!Array.isArray(tables)) return tables;
	return tables.map((table: unknown) =>
		Object.fromEntries(
			Object.entries(table ?? {}).map(([field, value]) => [
				field,
				FROM_FILE[name].test(field) && typeof value === "string" && PATH.test(value)
					? readNamed(value, `${field} in ${path}`, path)
					: value,
			]),
		),
	);
}

/** @throws {StartError} that repeats a path only if it can be nothing else: a key in base64 may begin with a slash */
function readNamed(value: string, what: string, path: string): string {
	if (value.startsWith(".")) return read(resolve(dirname(path), value), what);
	try {
		return readFileSync(value, "utf8").trim();
	} catch (error) {
		throw new StartError(
			"key-file-unreadable",
			`${what} begins like a path, and there is no file there that can be read (${codeOf(error)}).`,
			error,
		);
	}
}

function parse(path: string): { app?: unknown; connection?: unknown } {
	const text = read(path, "APPS");
	// A package brings one of comments only. One without a letter is what a full disk leaves of a file.
	if (text === "") {
		throw new StartError(
			"toml-tables",
			`${path} is empty: write a table [[app]] or [[connection]], or a comment, or remove the file.`,
		);
	}
	let content: Record<string, unknown>;
	try {
		content = Bun.TOML.parse(text) as Record<string, unknown>;
	} catch (error) {
		// Not its message: it quotes what it could not read, which may be a secret without its quotes. Its line is
		// one of this program.
		throw new StartError(
			"toml-malformed",
			`${path} is no TOML: look for a text without its quotes, or for a missing bracket or =.`,
			error,
		);
	}
	// A list on a line of its own is a table too, and may hold a secret: only what looks like a table's name is repeated.
	const others = Object.keys(content)
		.filter((name) => !(name in FROM_FILE))
		.map((name) => (TABLE.test(name) ? name : "…"));
	if (others.length > 0) {
		throw new StartError(
			"toml-tables",
			`${path} holds tables [[app]] and [[connection]] and nothing else, not ${others.join(", ")}.`,
		);
	}
	return content;
}

function read(path: string, what: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch (error) {
		throw new StartError(
			"key-file-unreadable",
			`${what} names the file ${path}, which cannot be read (${codeOf(error)}).`,
			error,
		);
	}
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "unknown error";
