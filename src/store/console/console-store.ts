/** What the console keeps and looks at, put together from one file each. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registrations } from "../registrations/registrations.ts";
import { type Bars, createBars } from "./bars.ts";
import { createEvents, type Events } from "./events.ts";
import { createHistory, type History } from "./history.ts";
import { createMinuteBatch, type MinuteBatch } from "./minute-batch.ts";
import { createSearch, type Search } from "./search.ts";

export interface ConsoleStore {
	history: History;
	events: Events;
	bars: Bars;
	search: Search;
	/** What a process writes once a minute, in one transaction. */
	writeMinute: MinuteBatch;
	/** Removes what is too old or too much, in pieces. */
	sweep(): Promise<void>;
}

/**
 * @param options.db the primary
 * @param options.nearby where searches read: a replica; missing: the primary
 * @param options.registrations as all of the process use them: what a bar ends is told to whoever hears of ends
 */
export function openConsoleStore({
	db,
	nearby = db,
	registrations,
	now = Date.now,
}: {
	db: LibSQLDatabase;
	nearby?: LibSQLDatabase;
	registrations: Pick<Registrations, "endOf">;
	now?: () => number;
}): ConsoleStore {
	const history = createHistory(db, now);
	const events = createEvents(db, now);
	return {
		history,
		events,
		bars: createBars(db, { endSome: async (who) => (await registrations.endOf(who)).length, now }),
		search: createSearch(nearby),
		writeMinute: createMinuteBatch(db, history),
		async sweep() {
			await events.sweep();
			await history.sweep();
		},
	};
}
