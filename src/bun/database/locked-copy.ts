/**
 * Copies a database that another process holds for itself, as a connector does its outbox: SQLite lets nobody read
 * it meanwhile, and so its two files are copied as they are.
 *
 * That is sound because of how a write-ahead log is written (sqlite.org/fileformat2.html §4): pages reach the
 * database only from the log, and stay in the log until it begins anew, which it does with a new header first. So a
 * log that is copied after the database, and did not begin anew meanwhile, has every page that was moved meanwhile.
 * Its end may be torn: SQLite finds that by the checksums and leaves it out, as after a crash.
 */
import { closeSync, copyFileSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { createClient } from "@libsql/client/sqlite3";
import { fileUrl } from "../../syntax/file-url.ts";

/** The salts are in it that are new each time the log begins. */
const HEADER_BYTES = 32;

/** How long it is tried, ms: the log of a busy outbox begins anew every few seconds, and a copy takes a fraction of one. */
const PATIENCE_MS = 30_000;

/** What is read of a file at once, bytes. */
const PIECE = 1024 * 1024;

/** What a database's log is called beside it. */
const LOG = "-wal";

/**
 * @param source a database in WAL mode; it is only read
 * @param target the copy, one file, as of a moment during the call
 * @throws when the log keeps beginning anew, or the copy is not sound
 */
export async function copyLockedDatabase(source: string, target: string): Promise<void> {
	const until = performance.now() + PATIENCE_MS;
	while (!copyFiles(source, target)) if (performance.now() > until) throw tooBusy(source);
	await makeWhole(target);
}

const tooBusy = (source: string) =>
	new Error(`${source} is written to faster than it can be copied: stop Reveille first`);

/**
 * Makes one file of a copy and of the log beside it.
 * @throws when the copy is not sound
 */
export async function makeWhole(target: string): Promise<void> {
	const client = createClient({ url: fileUrl(target), concurrency: 1 });
	try {
		const [row] = (await client.execute("PRAGMA integrity_check")).rows;
		if (row?.integrity_check !== "ok") throw new Error(`${target}: ${row?.integrity_check}`);
		// Moves what is in the log into the file, and leaves no log.
		await client.execute("PRAGMA journal_mode = DELETE");
	} finally {
		client.close();
	}
}

/** What is read of a database's two files: `again` means that all before it does not count. */
export type RawPiece = { suffix: "" | typeof LOG; bytes: Uint8Array } | "again";

/**
 * The two files of a database as they are, for who writes them elsewhere and then calls {@link makeWhole}. While
 * somebody reads the database, its log begins anew once at most (sqlite.org/walformat.html), so that the second
 * attempt is the last. Only for a process that opened the database for nothing else: at the end of reading a file
 * the system takes the process's locks from it (sqlite.org/howtocorrupt.html §2.2).
 * @throws when the log keeps beginning anew
 */
export function* rawPieces(source: string): Generator<RawPiece> {
	const database = openSync(source, "r");
	try {
		const until = performance.now() + PATIENCE_MS;
		for (;;) {
			const before = headerOfLog(source);
			yield* piecesOf(database, "");
			const log = before === undefined ? undefined : orUndefined(() => openSync(source + LOG, "r"));
			if (log !== undefined) {
				try {
					yield* piecesOf(log, LOG);
				} finally {
					closeSync(log);
				}
			}
			if (headerOfLog(source) === before) return;
			if (performance.now() > until) throw tooBusy(source);
			yield "again";
		}
	} finally {
		closeSync(database);
	}
}

/** A file as long as it was at the beginning. */
function* piecesOf(file: number, suffix: "" | typeof LOG): Generator<RawPiece> {
	const { size } = fstatSync(file);
	for (let at = 0; at < size; ) {
		const bytes = Buffer.alloc(Math.min(PIECE, size - at));
		const read = readSync(file, bytes, 0, bytes.length, at);
		if (read === 0) return;
		yield { suffix, bytes: bytes.subarray(0, read) };
		at += read;
	}
}

/** @returns whether the log was the same one from beginning to end */
function copyFiles(source: string, target: string): boolean {
	const before = headerOfLog(source);
	copyFileSync(source, target);
	rmSync(target + LOG, { force: true });
	if (before !== undefined) orUndefined(() => copyFileSync(source + LOG, target + LOG));
	return headerOfLog(source) === before;
}

/** Undefined when there is no log: the database is closed, or nothing was written yet. */
function headerOfLog(database: string): string | undefined {
	const file = orUndefined(() => openSync(database + LOG, "r"));
	if (file === undefined) return undefined;
	try {
		const header = Buffer.alloc(HEADER_BYTES);
		return readSync(file, header) === 0 ? undefined : header.toString("hex");
	} finally {
		closeSync(file);
	}
}

/** Undefined where there is no such file. */
function orUndefined<T>(use: () => T): T | undefined {
	try {
		return use();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}
