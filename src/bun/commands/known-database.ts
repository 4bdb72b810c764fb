/** The database of the Reveille that serves with these settings, for commands that change it while it serves. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { parseConfig } from "../../config/config.ts";
import { fileUrl } from "../../syntax/file-url.ts";
import { readDatabaseNote } from "../database/database-note.ts";
import { filePath, openDatabase } from "../database/open.ts";
import { StartError } from "../start-error.ts";

/**
 * Opens it, and closes it after its use.
 * @param env the settings, as for serving
 * @throws {StartError} where there is none: what is put into a new one would open nothing
 */
export async function withKnownDatabase<T>(
	env: Record<string, string | undefined>,
	use: (db: LibSQLDatabase) => Promise<T>,
): Promise<T> {
	// No others have a part in it: some need tables and files of keys.
	const { DATA_DIR, DATABASE_URL, DATABASE_AUTH_TOKEN, DATABASE_SYNC_URL } = env;
	const config = parseConfig({ DATA_DIR, DATABASE_URL, DATABASE_AUTH_TOKEN, DATABASE_SYNC_URL });
	const url = config.database.url ?? fileUrl(join(config.dataDir, "reveille.db"));
	if (url.startsWith("file:") && !existsSync(filePath(url))) {
		throw new StartError(
			"database-file-missing",
			`There is no ${filePath(url)}: set DATA_DIR or DATABASE_URL as for the Reveille that serves, and start that first.`,
		);
	}
	const { db, client } = await openDatabase({
		url,
		authToken: config.database.authToken,
		check: readDatabaseNote(config.dataDir, url).check,
		migrations: "shared",
	});
	try {
		return await use(db);
	} finally {
		client.close();
	}
}
