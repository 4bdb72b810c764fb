/** Opens libSQL databases and brings their schema up to date. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@libsql/client/sqlite3";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { answerBounds } from "../../limits/bounds/answers.ts";
import { faultOf } from "../../store/database-fault.ts";
import { fetchWhole } from "../fetch/plain.ts";
import { StartError } from "../start-error.ts";
import { OWN_WAIT_MS, patiently } from "./lock-waiting.ts";
import { type MigrationFolder, migrationsOf } from "./migrations.ts";
import { inTurns } from "./one-writer.ts";

/** How long to wait for a lock that another process holds, ms. */
const LOCK_MS = 5_000;

/** How long a server may take by default, ms: an import writes much at once. */
const DEADLINE_MS = 60_000;

/** Requests to a server at once. */
const IN_FLIGHT = 20;

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
	/** How long a server may take to answer one request, ms: without it, one that hangs would hang us. */
	deadlineMs?: number;
	/** The folder of generated SQL below `drizzle/`. */
	migrations: MigrationFolder;
	/** Called before anything is changed: throws where this is not the database that is meant. */
	check?(client: Client): Promise<void>;
}

/** The server of a database does not answer. It may soon: nothing is wrong with what was asked. */
export class DatabaseAway extends StartError {
	override name = "DatabaseAway";
}

/**
 * Opens a database, creating a file that is not there, and applies what is missing of its schema.
 * @throws {StartError} with a sentence that names the file and what to do
 * @throws {DatabaseAway}
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
	const { url, sync = "normal", exclusive = false, migrations } = options;
	const isFile = url.startsWith("file:");
	const path = isFile ? filePath(url) : undefined;
	let client: Client | undefined;
	try {
		if (path) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		client = isFile
			? // One connection: settings made by PRAGMA belong to a connection.
				openFile(url, exclusive, settingOf(sync))
			: await connect(options);
		await options.check?.(client);
		if (isFile) {
			if (exclusive) await client.execute("PRAGMA locking_mode = EXCLUSIVE");
			// SQLite's own wait for a lock does not cover this step; the client's does, where several processes start.
			await client.execute("PRAGMA journal_mode = WAL");
			await client.execute(settingOf(sync));
		}
		await migrate(client, migrations);
		// A file that may only be read opens as well as any other, and would fail at the first registration.
		await client.execute("UPDATE migrations SET applied_at = applied_at WHERE hash = ''");
		return { client, db: drizzle(client) };
	} catch (error) {
		client?.close();
		if (error instanceof StartError) throw error;
		throw databaseFailure(error, url);
	}
}

const settingOf = (sync: "normal" | "full") => `PRAGMA synchronous = ${sync}`;

function openFile(url: string, exclusive: boolean, setting: string): Client {
	if (exclusive) return createClient({ url, concurrency: 1, timeout: 0 });
	return patiently(createClient({ url, concurrency: 1, timeout: OWN_WAIT_MS }), LOCK_MS, setting);
}

/** A client of a server, which is asked nothing yet. What speaks to servers is loaded for those who have one. */
export async function connect({
	url,
	authToken,
	deadlineMs = DEADLINE_MS,
}: Pick<DatabaseOptions, "url" | "authToken" | "deadlineMs">): Promise<Client> {
	const { createClient: createHttpClient } = await import("@libsql/client/http");
	return inTurns(
		createHttpClient({
			// A WebSocket has neither a deadline nor a bound; the servers speak the same protocol over HTTP.
			url: url.replace(/^ws(s?):/i, "http$1:"),
			concurrency: IN_FLIGHT,
			fetch: (request: Request) =>
				fetchWhole(request, answerBounds.database.is, { signal: AbortSignal.timeout(deadlineMs) }),
			...(authToken === undefined ? {} : { authToken }),
		}),
	);
}

/**
 * Applies the migrations that the database lacks, each in one transaction that begins by writing its own name:
 * of two processes that start at once, one applies it and the other finds the name taken.
 */
async function migrate(client: Client, folder: MigrationFolder): Promise<void> {
	await client.execute(
		"CREATE TABLE IF NOT EXISTS migrations (hash TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)",
	);
	// One question for all: a server may be far away.
	const applied = async () =>
		new Set((await client.execute("SELECT hash FROM migrations")).rows.map((row) => row.hash));
	const known = await applied();
	for (const { hash, sql } of migrationsOf(folder)) {
		if (known.has(hash)) continue;
		try {
			const note = { sql: "INSERT INTO migrations VALUES (?, ?)", args: [hash, Date.now()] };
			await client.batch([note, ...sql], "write");
		} catch (error) {
			if (!(await applied()).has(hash)) throw error;
		}
	}
}

/**
 * @returns the file of a `file:` URL as libSQL reads it, relative to the working directory if it is not absolute
 * @throws {StartError} for a URL that names a host, as `file://data/x.db` does by mistake, and for one with a fragment
 *   or a `%` that stands for nothing: a path was meant
 */
export function filePath(url: string): string {
	const path = url.slice("file:".length).replace(/\?.*$/s, "");
	if (path.includes("#") || !isDecodable(path))
		throw new StartError(
			"database-url-malformed",
			`The database ${url} is a URL: write # as %23, ? as %3F and % as %25.`,
		);
	if (!path.startsWith("//")) return decodeURIComponent(path);
	try {
		return fileURLToPath(`file:${path}`);
	} catch (error) {
		throw new StartError(
			"database-url-malformed",
			`The database ${url} is no file of this machine: write file:data/x.db, or file:///data/x.db.`,
			error,
		);
	}
}

function isDecodable(path: string): boolean {
	try {
		decodeURIComponent(path);
		return true;
	} catch {
		return false;
	}
}

/** SQLite's own code without its extension, or the system's. */
function codeOf(error: unknown): string | undefined {
	const { code, message, extendedCode } = error as NodeJS.ErrnoException & { extendedCode?: string };
	// The driver says only in words that a file cannot be opened: 14 is SQLite's number for it.
	if (/^ConnectionFailed\(.*: 14"\)$/.test(message)) return "SQLITE_CANTOPEN";
	// What may only be read cannot be locked for this process alone.
	if (extendedCode === "SQLITE_IOERR_LOCK") return "SQLITE_READONLY";
	return code?.replace(/^(SQLITE_[A-Z]+)_.*/, "$1");
}

/** Why a database cannot be used, as a sentence that says what to do. */
export function databaseFailure(error: unknown, url: string): StartError {
	// An address may carry a password.
	const where = url.startsWith("file:") ? filePath(url) : new URL(url).host;
	switch (codeOf(error)) {
		case "SQLITE_READONLY":
		case "EACCES":
		case "EROFS":
			return new StartError(
				"database-unwritable",
				`The database ${where} cannot be written: give this user the right to write it and its folder.`,
				error,
			);
		case "SQLITE_CANTOPEN":
		case "EEXIST":
		case "ENOTDIR":
			return new StartError(
				"database-unopenable",
				`The database ${where} cannot be opened: does its folder exist, and may this user write there?`,
				error,
			);
		case "SQLITE_FULL":
		case "ENOSPC":
			return new StartError("disk-full", `The disk of ${where} is full: make room on it.`, error);
		case "SQLITE_NOTADB":
		case "SQLITE_CORRUPT":
			return new StartError(
				"database-damaged",
				`${where} is no intact SQLite database: restore it from a backup, or move it away to begin anew.`,
				error,
			);
		case "SQLITE_BUSY":
		case "SQLITE_LOCKED":
			return new StartError(
				"database-in-use",
				`${where} is in use by another Reveille: stop it, or give this one its own DATA_DIR.`,
				error,
			);
	}
	if (!url.startsWith("file:") && isAway(error)) {
		return new DatabaseAway(
			"database-away",
			`The database ${where} does not answer: is its server running, and reachable from here? (${faultOf(error)})`,
			error,
		);
	}
	if (!url.startsWith("file:") && isRefusal(error)) {
		return new StartError(
			"database-token-refused",
			`The database ${where} refuses DATABASE_AUTH_TOKEN, or wants one: set it to a token that its server takes. (${faultOf(error)})`,
			error,
		);
	}
	return new StartError("database-unusable", `The database ${where} does not work: ${faultOf(error)}`, error);
}

/** Its server knows us not, or not well enough. */
function isRefusal(error: unknown): boolean {
	return [401, 403].includes(statusOf(error) ?? 0);
}

const statusOf = (error: unknown) => ((error as Error).cause as { status?: number } | undefined)?.status;

/** Nobody answered, or a proxy did in place of the server; a server that refuses us is there. */
function isAway(error: unknown): boolean {
	const { name } = error as Error;
	// What `fetch` throws, without a word of the protocol.
	if (name !== "LibsqlError") return name === "TimeoutError" || "code" in (error as object);
	const status = statusOf(error);
	return status !== undefined && status >= 500;
}
