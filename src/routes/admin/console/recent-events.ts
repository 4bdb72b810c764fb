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
	/**
	 * Those that fit and are not among others, the newest first.
	 * @param before the id of one: only those that came before it
	 */
	beside(others: readonly ShownEvent[], fits: (event: Happened) => boolean, before?: string): ShownEvent[];
	/** The keys of the event with this id and of all that came after it; undefined: it is not known any more. */
	since(id: string): ReadonlySet<string> | undefined;
}

/** Has the form of an id of these events. */
export const isRecentId = (id: string): boolean => /^recent-[0-9a-z]{1,12}-\d{1,12}$/.test(id);

/** What an event is known by, whatever its id. */
export const keyOf = ({ at, kind, node, owner, reason, decidedBy }: Happened): string =>
	JSON.stringify([at, kind, node, owner, reason, decidedBy]);

/** @param listen missing: what happens is written at once */
export function createRecentEvents(
	listen: ConsoleJournal["listen"] | undefined,
	now: () => number = Date.now,
): RecentEvents {
	let recent: (ShownEvent & { number: number })[] = [];
	let count = 0;
	// The numbers of another process are others.
	const run = now().toString(36);
	listen?.((happened) => {
		const number = ++count;
		recent.push({ ...happened, number, id: `recent-${run}-${number}` });
		if (recent.length > 2 * MOST) recent = recent.slice(-MOST);
	});
	const numberOf = (id: string) => recent.find((event) => event.id === id)?.number;
	return {
		beside(others, fits, before) {
			const known = new Set(others.map(keyOf));
			const end = before === undefined ? Number.POSITIVE_INFINITY : (numberOf(before) ?? 0);
			return recent
				.slice(-MOST)
				.filter(
					(event) =>
						event.number < end &&
						Math.abs(now() - event.at) < AGE_MS &&
						fits(event) &&
						!known.has(keyOf(event)),
				)
				.reverse();
		},
		since(id) {
			const first = numberOf(id);
			if (first === undefined) return undefined;
			return new Set(recent.filter(({ number }) => number >= first).map(keyOf));
		},
	};
}
