/** What a process writes once a minute: one transaction. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { type Happened, insertEvents } from "./events.ts";
import { type History, insertMinute, type Minute } from "./history.ts";

/**
 * Writes the figures of a minute and what happened: both or nothing.
 * @param minute undefined: this process has no figures
 * @throws when the database is away
 */
export type MinuteBatch = (minute: Minute | undefined, happened: readonly Happened[]) => Promise<void>;

export function createMinuteBatch(db: LibSQLDatabase, history: Pick<History, "write">): MinuteBatch {
	return async (minute, happened) => {
		const events = happened.length > 0 ? insertEvents(db, happened) : undefined;
		if (!minute) {
			await events;
			return;
		}
		const figures = insertMinute(db, minute);
		const [written] = events ? await db.batch([figures, events]) : [await figures];
		// It was started anew within this minute.
		if (written.length === 0) await history.write(minute.minute, minute.connector, minute.figures);
	};
}
