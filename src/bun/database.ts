/** Opens libSQL databases and brings their schema up to date. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient, LibsqlError } from "@libsql/client";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { StartError } from "./start-error.ts";

/** How long to wait for a lock that another process holds, ms. */
const LOCK_MS = 5_000;

export interface OpenDatabase {
	db: LibSQLDatabase;
	client: Client;
}

export interface DatabaseOptions {
	url: string;
	authToken?: string | undefined;
	/** SQLite's `synchronous`: `normal` survives the end of the process, `full` a power loss too. */
	sync?: "normal" | "full";
	/** Nobody else may open the file: a second process fails at once instead of spoiling it. */
	exclusive?: boolean;
	/** The folder of generated SQL below `drizzle/`. */
	migrations: "shared" | "outbox";
}

/**
 * Opens a database, creating a file that is not there, and applies what is missing of its schema.
 * @throws {StartError} with a sentence that names the file and what to do
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
	const { url, authToken, sync = "normal", exclusive = false, migrations } = options;
	const isFile = url.startsWith("file:");
	try {
		if (isFile) mkdirSync(dirname(filePath(url)), { recursive: true, mode: 0o700 });
		// One connection: settings made by PRAGMA belong to a connection.
		const client = createClient({
			url,
			concurrency: isFile ? 1 : 20,
			timeout: exclusive ? 0 : LOCK_MS,
			...(authToken === undefined ? {} : { authToken }),
		});
		if (isFile) {
			if (exclusive) await client.execute("PRAGMA locking_mode = EXCLUSIVE");
			await client.execute("PRAGMA journal_mode = WAL");
			await client.execute(`PRAGMA synchronous = ${sync}`);
		}
		await migrate(client, migrations);
		return { client, db: drizzle(client) };
	} catch (error) {
		throw explain(error, url);
	}
}

/**
 * Applies the migrations that the database lacks, each in one transaction that begins by writing its own name:
 * of two processes that start at once, one applies it and the other finds the name taken.
 */
async function migrate(client: Client, folder: DatabaseOptions["migrations"]): Promise<void> {
	const migrationsFolder = fileURLToPath(new URL(`../../drizzle/${folder}`, import.meta.url));
	await client.execute(
		"CREATE TABLE IF NOT EXISTS migrations (hash TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)",
	);
	for (const { hash, sql } of readMigrationFiles({ migrationsFolder })) {
		const isApplied = async () =>
			(await client.execute({ sql: "SELECT 1 FROM migrations WHERE hash = ?", args: [hash] })).rows.length >
			0;
		if (await isApplied()) continue;
		try {
			const note = { sql: "INSERT INTO migrations VALUES (?, ?)", args: [hash, Date.now()] };
			await client.batch([note, ...sql], "write");
		} catch (error) {
			if (!(await isApplied())) throw error;
		}
	}
}

/** @returns the file of a `file:` URL, relative to the working directory if it is not absolute */
export function filePath(url: string): string {
	return url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
}

function explain(error: unknown, url: string): StartError {
	// An address may carry a password.
	const where = url.startsWith("file:") ? filePath(url) : new URL(url).host;
	const code = error instanceof LibsqlError ? error.code : (error as NodeJS.ErrnoException).code;
	switch (code?.replace(/^(SQLITE_[A-Z]+)_.*/, "$1")) {
		case "SQLITE_READONLY":
		case "EACCES":
		case "EROFS":
			return new StartError(
				`The database ${where} cannot be written: give this user the right to write it and its folder.`,
				error,
			);
		case "SQLITE_CANTOPEN":
			return new StartError(
				`The database ${where} cannot be opened: does its folder exist, and may this user write there?`,
				error,
			);
		case "SQLITE_FULL":
		case "ENOSPC":
			return new StartError(`The disk of ${where} is full.`, error);
		case "SQLITE_NOTADB":
		case "SQLITE_CORRUPT":
			return new StartError(
				`${where} is no intact SQLite database: restore it from a backup, or move it away to begin anew.`,
				error,
			);
		case "SQLITE_BUSY":
		case "SQLITE_LOCKED":
			return new StartError(
				`${where} is in use by another Reveille: stop it, or give this one its own DATA_DIR.`,
				error,
			);
		default:
			return new StartError(`The database ${where} does not work: ${String(error)}`, error);
	}
}
