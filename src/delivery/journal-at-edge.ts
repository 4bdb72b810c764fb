/**
 * Writes what the journal gathered where nothing lives longer than a request: with the first request after a minute,
 * behind its answer. What was gathered when an isolate ends, or the database fails, is lost.
 */
import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import type { MinuteBatch } from "../store/console/minute-batch.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Journal } from "./journal.ts";

const EVERY_MS = 60_000;

/**
 * @returns to be called with each request: a promise to be waited for behind its answer, or undefined: there is nothing
 *   to do. It never rejects
 */
export function createWritesAtEdge({
	journal,
	writeMinute,
	log,
	now = Date.now,
}: {
	journal: Pick<Journal, "take">;
	writeMinute: MinuteBatch;
	log: Pick<Logger, "warn">;
	now?: () => number;
}): () => Promise<void> | undefined {
	let writtenAt = now();
	return () => {
		if (Math.abs(now() - writtenAt) < EVERY_MS) return undefined;
		writtenAt = now();
		const happened = journal.take();
		if (happened.length === 0) return undefined;
		return writeMinute(undefined, happened).catch((error: unknown) =>
			log.warn(
				"{events} events for the console could not be saved in {database}, and are lost: {error}",
				about("console-events-lost", { events: happened.length, error: faultOf(error) }),
			),
		);
	};
}
