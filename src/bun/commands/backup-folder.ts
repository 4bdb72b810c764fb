/** The folder of a backup: all of it is there, or nothing. */
import {
	chmodSync,
	closeSync,
	copyFileSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readdirSync,
	renameSync,
	rmdirSync,
	rmSync,
} from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import { fileUrl } from "../../syntax/file-url.ts";
import { copyLockedDatabase } from "../database/locked-copy.ts";
import { StartError } from "../start-error.ts";
import { BACKUP_NAMES, type KeptData } from "./kept-data.ts";

/**
 * The folder in it where all is copied first: of a backup that ended half-way, by a crash, nothing is in its place.
 * What was restored from one without its registrations would tell every server that they are gone.
 */
const INCOMPLETE = "incomplete";

/**
 * Puts the files into a folder. @returns the host of a database that is elsewhere
 * @throws what says why it failed
 */
type Fill = (folder: string) => Promise<string | undefined>;

/**
 * @param folder made, or empty; readable by nobody else afterwards
 * @returns the names of the files in it
 * @throws {StartError} and leaves nothing behind
 */
export async function backUp(
	folder: string,
	fill: Fill,
): Promise<{ files: string[]; elsewhere: string | undefined }> {
	const isNew = begin(folder);
	const incomplete = join(folder, INCOMPLETE);
	const placed: string[] = [];
	try {
		const elsewhere = await fill(incomplete);
		const files = readdirSync(incomplete).sort();
		for (const name of files) keep(join(incomplete, name));
		for (const name of files) {
			renameSync(join(incomplete, name), join(folder, name));
			placed.push(name);
		}
		rmdirSync(incomplete);
		return { files, elsewhere };
	} catch (error) {
		// What somebody else put there meanwhile stays.
		rmSync(incomplete, { recursive: true, force: true });
		for (const name of placed) rmSync(join(folder, name));
		if (isNew && readdirSync(folder).length === 0) rmdirSync(folder);
		if (error instanceof StartError) throw error;
		throw new StartError(
			"backup-failed",
			`The backup failed, and nothing is left in ${folder}: ${error instanceof Error ? error.message : error}`,
			error,
		);
	}
}

/**
 * Makes the folder, and in it the one where all is copied first.
 * @returns whether it was not there before
 * @throws {StartError} and has changed nothing
 */
function begin(folder: string): boolean {
	try {
		const isNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
		if (readdirSync(folder).length > 0) {
			throw new StartError(
				"backup-folder-not-empty",
				`${folder} is not empty: name a new folder, so that no older backup is spoiled.`,
			);
		}
		chmodSync(folder, 0o700);
		mkdirSync(join(folder, INCOMPLETE), { mode: 0o700 });
		return isNew;
	} catch (error) {
		if (error instanceof StartError) throw error;
		const code = (error as NodeJS.ErrnoException).code ?? String(error);
		throw new StartError(
			"backup-failed",
			`${JSON.stringify(folder)} cannot be made a folder that is written to (${code}): name a new folder, where this user may write.`,
			error,
		);
	}
}

/** Where no Reveille runs. @throws {StartError} where there is no database */
export function copiedFrom({ dataDir, database, elsewhere }: KeptData): Fill {
	if (database && !existsSync(database)) {
		throw new StartError(
			"database-file-missing",
			`There is no ${database}: set DATA_DIR to the data folder that Reveille runs with.`,
		);
	}
	return async (folder) => {
		// First the outbox: what is registered after it was copied only makes the other copy richer.
		const outbox = join(dataDir, BACKUP_NAMES.outbox);
		if (existsSync(outbox)) await copyLockedDatabase(outbox, join(folder, BACKUP_NAMES.outbox));
		if (database) await copySharedDatabase(database, join(folder, BACKUP_NAMES.database));
		for (const name of BACKUP_NAMES.small) {
			if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(folder, name));
		}
		return elsewhere;
	};
}

/** A copy as of one moment, of a database that others may read and write meanwhile. */
async function copySharedDatabase(source: string, target: string): Promise<void> {
	const client = createClient({ url: fileUrl(source), concurrency: 1 });
	try {
		await client.execute({ sql: "VACUUM INTO ?", args: [target] });
	} finally {
		client.close();
	}
}

/** Readable by nobody else, and on the disk. */
function keep(path: string): void {
	chmodSync(path, 0o600);
	const file = openSync(path, "r+");
	fsyncSync(file);
	closeSync(file);
}
