/**
 * The process that reads the files of a backup for the Reveille that runs, onto its standard output. A process of its
 * own: reading a database's file takes a process's locks from it (locked-copy.ts), and pushes go on meanwhile.
 */
import { existsSync, readFileSync, statSync, write } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import { fileUrl } from "../../../syntax/file-url.ts";
import { present } from "../../../syntax/present-fields.ts";
import { type RawPiece, rawPieces } from "../../database/locked-copy.ts";
import { BACKUP_NAMES, type KeptData } from "../kept-data.ts";
import { type BackupPart, toBytes } from "./backup-pieces.ts";

/** How long the command may let us wait, ms: meanwhile the database's log grows. */
const IDLE_MS = 30_000;

const STDOUT = 1;
/** Until a pipe that was full is tried again, ms. */
const RETRY_MS = 5;

/** Reads what standard input names ({@link KeptData}). */
export async function handOverFiles(): Promise<void> {
	const kept = (await Bun.stdin.json()) as KeptData;
	try {
		for await (const part of backupParts(kept)) await send(part);
	} catch (error) {
		await send({ kind: "failure", reason: error instanceof Error ? error.message : String(error) });
	}
}

async function send(part: BackupPart): Promise<void> {
	for (const bytes of toBytes(part)) {
		for (let at = 0; at < bytes.length; ) {
			const idle = setTimeout(() => process.exit(1), IDLE_MS);
			at += await written(bytes.subarray(at));
			clearTimeout(idle);
		}
	}
}

/**
 * Writes by the system's own call, on another thread: what is said to be written is in the pipe then, and is not lost
 * with the end of this process.
 */
const written = (bytes: Uint8Array) =>
	new Promise<number>((resolve) => {
		write(STDOUT, bytes, (error, count) => {
			if (!error) return resolve(count);
			// The pipe is full for now. Any other error: nobody takes the rest.
			if (error.code === "EAGAIN") setTimeout(resolve, RETRY_MS, 0);
			else process.exit(1);
		});
	});

/** All that must be kept, each file as of one moment. */
async function* backupParts({ dataDir, database, elsewhere }: KeptData): AsyncGenerator<BackupPart> {
	const outbox = join(dataDir, BACKUP_NAMES.outbox);
	yield { kind: "begin", total: sizeOf(outbox) + sizeOf(database), ...present({ elsewhere }) };
	// First the outbox: what is registered after it was copied only makes the other copy richer.
	if (existsSync(outbox)) yield* databaseParts(BACKUP_NAMES.outbox, rawPieces(outbox));
	if (database !== undefined) yield* databaseParts(BACKUP_NAMES.database, whileRead(database));
	for (const file of BACKUP_NAMES.small) {
		const path = join(dataDir, file);
		if (existsSync(path)) yield { kind: "bytes", file, bytes: readFileSync(path) };
	}
	yield { kind: "end" };
}

const sizeOf = (path: string | undefined) =>
	path === undefined || !existsSync(path) ? 0 : statSync(path).size;

async function* databaseParts(
	file: string,
	pieces: AsyncIterable<RawPiece> | Iterable<RawPiece>,
): AsyncGenerator<BackupPart> {
	for await (const piece of pieces) {
		if (piece === "again") yield { kind: "again", file };
		else yield { kind: "bytes", file: file + piece.suffix, bytes: piece.bytes };
	}
	yield { kind: "database", file };
}

/** Its pieces, while a reader of our own keeps the log from beginning anew again and again. */
async function* whileRead(path: string): AsyncGenerator<RawPiece> {
	const client = createClient({ url: fileUrl(path), concurrency: 1 });
	try {
		const reading = await client.transaction("read");
		await reading.execute("SELECT count(*) FROM sqlite_schema");
		yield* rawPieces(path);
		reading.close();
	} finally {
		client.close();
	}
}
