/**
 * Which database this data folder belongs to, noted in it: without the note, one that lost its data would look like
 * one of a first start.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@libsql/client";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { databaseFault } from "../../store/database-fault.ts";
import { idOf } from "../../store/database-id.ts";
import { readSecretFile, secretFile } from "../data-folder.ts";
import { StartError } from "../start-error.ts";
import { filePath } from "./open.ts";

/** The note's name in the data folder: a backup has it too. */
export const DATABASE_NOTE = "database-id";

export interface DatabaseNote {
	/** The noted id; undefined: none is noted. */
	id: string | undefined;
	/** Refuses another database before anything in it is changed or made. @throws {StartError} */
	check(client: Client): Promise<void>;
	/** The same for a replica, which may be older than the id. @throws {StartError} */
	checkReplica(id: string | undefined): void;
}

/**
 * @param folder the data folder, which need not be there
 * @param url the database's
 * @throws {StartError} also where the database is a file that is not there any more
 */
export function readDatabaseNote(folder: string, url: string): DatabaseNote {
	const path = join(folder, DATABASE_NOTE);
	const id = readSecretFile(path);
	const isFile = url.startsWith("file:");
	const where = isFile ? filePath(url) : new URL(url).host;
	const refusal = (found: string) =>
		new StartError(
			"database-other",
			`The database ${where} ${found}: all registrations would be unknown, and users' servers would drop them. Restore its backup, or have DATABASE_URL name the right one. If a new one was meant, with every device registering again, remove ${path}.`,
		);
	if (id !== undefined && isFile && !existsSync(where)) throw refusal("is not there any more");

	return {
		id,
		async check(client) {
			if (id === undefined) return;
			const found = await idIn(drizzle(client));
			if (found === undefined) throw refusal("is empty, or has lost what it had");
			if (found !== id) throw refusal("is another one than this data folder belongs to");
		},
		checkReplica(found) {
			if (id !== undefined && found !== undefined && found !== id)
				throw refusal(
					"has a replica here that is a copy of another database than the one that this data folder belongs to",
				);
		},
	};
}

/** Notes it for the next start, where nothing was noted. @throws {StartError} */
export async function noteDatabase(folder: string, id: string): Promise<void> {
	await secretFile(folder, DATABASE_NOTE, () => id);
}

async function idIn(db: LibSQLDatabase): Promise<string | undefined> {
	try {
		return await idOf(db);
	} catch (error) {
		const fault = databaseFault(error);
		if (/no such table/.test(fault?.message ?? "")) return undefined;
		// Drizzle's own error hides what is wrong.
		throw fault ?? error;
	}
}
