/**
 * `backup`: what a self-hoster must keep, in a folder that can take the data folder's place. Reveille may serve
 * meanwhile; nothing of its own is changed or locked.
 */
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
import { createClient } from "@libsql/client";
import { buildCommand } from "@stricli/core";
import { parseConfig } from "../../config/config.ts";
import { fileUrl } from "../../syntax/file-url.ts";
import { DATABASE_NOTE } from "../database/database-note.ts";
import { copyLockedDatabase } from "../database/locked-copy.ts";
import { filePath } from "../database/open.ts";
import { StartError } from "../start-error.ts";
import { JSON_FLAG, type Typed } from "./command.ts";

/** Restored without the note, a folder would take a server's database that lost its data for a new one. */
const SMALL_FILES = ["secret.key", "vapid.key", "registration-token", DATABASE_NOTE];

/**
 * The folder in it where all is copied first: of a backup that ended half-way, by a crash, nothing is in its place.
 * What was restored from one without its registrations would tell every server that they are gone.
 */
const INCOMPLETE = "incomplete";

export const backupCommand = buildCommand<{ json: boolean }, [folder: string], Typed>({
	docs: {
		brief: "Copies keys, registrations and outbox, also while it serves",
		fullDescription:
			"Copies the keys, the registrations and the outbox of DATA_DIR into FOLDER, which is made, or is empty. The settings are those that Reveille runs with; it may run meanwhile. To restore, put the folder in the place of DATA_DIR while no Reveille runs, and start it.",
	},
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [{ brief: "A new folder, or an empty one", placeholder: "FOLDER", parse: String }],
		},
	},
	async func({ json }, folder) {
		const { env } = this;
		// No others have a part in it: some need tables and files of keys.
		const { DATA_DIR, DATABASE_URL, DATABASE_SYNC_URL } = env;
		const config = parseConfig({ DATA_DIR, DATABASE_URL, DATABASE_SYNC_URL });
		const { url } = config.database;
		const isRemote = url !== undefined && !url.startsWith("file:");
		const database = url === undefined ? join(config.dataDir, "reveille.db") : filePath(url);
		const made = await backUp(config.dataDir, isRemote ? undefined : database, folder);
		if (json) return console.log(JSON.stringify({ folder, files: made, registrations: !isRemote }, null, 2));
		console.log(`In ${folder}: ${made.join(", ")}.`);
		if (isRemote) console.log(`Not the registrations: back up the database at ${new URL(url).host} there.`);
		if (env.SECRET_KEY?.trim())
			console.log("Not SECRET_KEY, which your settings have: without it all is lost.");
	},
});

/**
 * @param dataDir the data folder
 * @param database the file of registrations; undefined: it is elsewhere
 * @param folder made, or empty; readable by nobody else afterwards
 * @returns the names of the files in it
 * @throws {StartError} and leaves nothing behind
 */
export async function backUp(
	dataDir: string,
	database: string | undefined,
	folder: string,
): Promise<string[]> {
	if (database && !existsSync(database)) {
		throw new StartError(
			"database-file-missing",
			`There is no ${database}: set DATA_DIR to the data folder that Reveille runs with.`,
		);
	}
	const isNew = !existsSync(folder);
	if (!isNew && readdirSync(folder).length > 0) {
		throw new StartError(
			"backup-folder-not-empty",
			`${folder} is not empty: name a new folder, so that no older backup is spoiled.`,
		);
	}
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		chmodSync(folder, 0o700);
		const incomplete = join(folder, INCOMPLETE);
		mkdirSync(incomplete, { mode: 0o700 });
		// First the outbox: what is registered after it was copied only makes the other copy richer.
		const outbox = join(dataDir, "outbox.db");
		if (existsSync(outbox)) await copyLockedDatabase(outbox, join(incomplete, "outbox.db"));
		if (database) await copySharedDatabase(database, join(incomplete, "reveille.db"));
		for (const name of SMALL_FILES) {
			if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(incomplete, name));
		}
		const made = readdirSync(incomplete).sort();
		for (const name of made) keep(join(incomplete, name));
		for (const name of made) renameSync(join(incomplete, name), join(folder, name));
		rmdirSync(incomplete);
		return made;
	} catch (error) {
		for (const name of existsSync(folder) ? readdirSync(folder) : [])
			rmSync(join(folder, name), { recursive: true });
		if (isNew) rmSync(folder, { recursive: true, force: true });
		throw new StartError(
			"backup-failed",
			`The backup failed, and nothing is left in ${folder}: ${error instanceof Error ? error.message : error}`,
			error,
		);
	}
}

/** A copy as of one moment, of a database that others read and write meanwhile. */
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
