/**
 * What this process noticed in the last minutes: it is written into the database once a minute, and an operator who
 * ended a registration looks at what became of it at once.
 */
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { Happened } from "../../../store/console/events.ts";
import type { ShownEvent } from "./event-view.ts";
import type { ConsoleJournal } from "./sources.ts";

const MOST = consoleHttpBounds.recentEvents.is;
/** A minute until it is written, and another one where a write comes late. */
const AGE_MS = 150_000;

export interface RecentEvents {
	/** Those that fit and are not among others, the newest first. */
	beside(others: readonly ShownEvent[], fits: (event: Happened) => boolean): ShownEvent[];
}

/** What an event is known by, whatever its id. */
export const keyOf = ({ at, kind, node, owner, reason, decidedBy }: Happened): string =>
	JSON.stringify([at, kind, node, owner, reason, decidedBy]);

/** @param listen missing: what happens is written at once */
export function createRecentEvents(
	listen: ConsoleJournal["listen"] | undefined,
	now: () => number = Date.now,
): RecentEvents {
	let recent: ShownEvent[] = [];
	let count = 0;
	listen?.((happened) => {
		recent.push({ ...happened, id: `recent-${++count}` });
		if (recent.length > 2 * MOST) recent = recent.slice(-MOST);
	});
	return {
		beside(others, fits) {
			const known = new Set(others.map(keyOf));
			return recent
				.slice(-MOST)
				.filter((event) => Math.abs(now() - event.at) < AGE_MS && fits(event) && !known.has(keyOf(event)))
				.reverse();
		},
	};
}
