/** What a self-hoster must keep of a Reveille: the files of a backup. */
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { DATABASE_NOTE } from "../database/database-note.ts";
import { filePath } from "../database/open.ts";

/** What they are called, in the data folder and in the backup. */
export const BACKUP_NAMES = {
	outbox: "outbox.db",
	database: "reveille.db",
	/** Restored without the note, a folder would take a server's database that lost its data for a new one. */
	small: ["secret.key", "vapid.key", "registration-token", DATABASE_NOTE],
} as const;

/** Where it is. */
export interface KeptData {
	dataDir: string;
	/** The file of registrations; undefined: they are elsewhere. */
	database: string | undefined;
	/** The host of the database that they are in then. */
	elsewhere: string | undefined;
}

/** What must be kept of a Reveille with these settings. */
export function keptOf({ dataDir, database: { url } }: Pick<Config, "dataDir" | "database">): KeptData {
	if (url === undefined)
		return { dataDir, database: join(dataDir, BACKUP_NAMES.database), elsewhere: undefined };
	if (url.startsWith("file:")) return { dataDir, database: filePath(url), elsewhere: undefined };
	return { dataDir, database: undefined, elsewhere: new URL(url).host };
}
