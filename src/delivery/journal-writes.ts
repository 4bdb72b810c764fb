/**
 * Writes what the journal gathered: once a minute, in one transaction. While the database is away it waits here, so much
 * of it, and what there is no room for is counted.
 */
import type { Logger } from "@logtape/logtape";
import { consoleBounds } from "../limits/bounds/console.ts";
import { about } from "../messages/about.ts";
import type { Happened } from "../store/console/events.ts";
import type { Figures, Minute } from "../store/console/history.ts";
import type { MinuteBatch } from "../store/console/minute-batch.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Counted } from "./journal/counts-of-minute.ts";
import type { Journal } from "./journal.ts";

const MINUTE_MS = 60_000;

/** The part of a minute's figures that is so at a moment. */
export type Moment = Omit<Figures, keyof Counted | "minutes">;

export interface JournalWrites {
	/** Writes what there is now. Never throws. */
	write(): Promise<void>;
	/** Begins to write at the end of each minute. */
	start(): void;
	/** Ends that, and writes what was not written yet. */
	stop(): Promise<void>;
}

export function createJournalWrites({
	journal,
	writeMinute,
	connector,
	log,
	now = Date.now,
}: {
	journal: Pick<Journal, "take" | "takeFigures">;
	writeMinute: MinuteBatch;
	/** Missing: a process that sends nothing, and has events alone. */
	connector?: { id: string; moment(): Promise<Moment> } | undefined;
	log: Pick<Logger, "warn">;
	now?: () => number;
}): JournalWrites {
	let minutes: Minute[] = [];
	let happened: Happened[] = [];
	let lost = { minutes: 0, events: 0 };
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isAway = false;
	/** One write after the other. */
	let last: Promise<void> = Promise.resolve();

	async function gather(): Promise<void> {
		// At the end of a minute it is that minute's, though a timer may come early.
		const minute = Math.floor((now() - 1) / MINUTE_MS);
		const moment = await connector?.moment();
		const counted = journal.takeFigures();
		happened.push(...journal.take());
		if (connector && moment)
			minutes.push({ minute, connector: connector.id, figures: { ...moment, ...counted } });
		const [moreMinutes, moreEvents] = [
			minutes.length - consoleBounds.minutesWaiting.is,
			happened.length - consoleBounds.eventsWaiting.is,
		];
		if (moreMinutes > 0) minutes = minutes.slice(moreMinutes);
		if (moreEvents > 0) happened = withoutLast(happened, moreEvents);
		lost = {
			minutes: lost.minutes + Math.max(0, moreMinutes),
			events: lost.events + Math.max(0, moreEvents),
		};
	}

	/** All that waits, a minute's worth in each transaction. */
	async function writeAll(): Promise<void> {
		while (minutes.length > 0 || happened.length > 0) {
			const [minute, some] = [minutes[0], happened.slice(0, TOGETHER)];
			await writeMinute(minute, some);
			minutes = minutes.slice(1);
			happened = happened.slice(some.length);
		}
		if (lost.minutes === 0 && lost.events === 0) return;
		await writeMinute(undefined, [tellLost(lost, now())]);
		lost = { minutes: 0, events: 0 };
	}

	async function write(): Promise<void> {
		try {
			await gather();
			await writeAll();
			isAway = false;
		} catch (error) {
			if (!isAway)
				log.warn(
					"What the console shows could not be saved in {database}. It is kept, and saved later: {error}",
					about("console-not-saved", { error: faultOf(error) }),
				);
			isAway = true;
		}
	}

	function next() {
		last = last.then(write);
		return last;
	}

	function wait() {
		timer = setTimeout(
			() => {
				void next();
				wait();
			},
			MINUTE_MS - (now() % MINUTE_MS),
		);
	}

	return {
		write: next,
		start: wait,
		async stop() {
			clearTimeout(timer);
			await next();
		},
	};
}

/** Leaves so many out: the last, and those that strangers bring about before any other. In their order. */
function withoutLast(all: readonly Happened[], count: number): Happened[] {
	const strangers = all.filter(({ isStrangers }) => isStrangers);
	const others = all.filter(({ isStrangers }) => !isStrangers);
	const fromStrangers = Math.min(count, strangers.length);
	const left = new Set([
		...strangers.slice(strangers.length - fromStrangers),
		...others.slice(others.length - (count - fromStrangers)),
	]);
	return all.filter((one) => !left.has(one));
}

/** Events of one transaction: those of a minute and some more. */
const TOGETHER = 1_000;

const tellLost = ({ minutes, events }: { minutes: number; events: number }, at: number): Happened => ({
	at,
	kind: "failed",
	reason: `the database was away: ${events} events and the numbers of ${minutes} minutes were left out`,
	decider: "reveille",
	decidedBy: "Reveille",
	count: Math.max(1, events),
});
