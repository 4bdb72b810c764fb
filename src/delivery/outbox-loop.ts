/** Sends what is due in the outbox: started by a timer for the next due time, never by polling. */
import type { Logger } from "@logtape/logtape";
import { faultOf } from "../store/fault.ts";
import type { Outbox, OutboxEntry } from "../store/outbox.ts";

/** How many entries are tried at once. */
const CONCURRENCY = 64;

/** The longest a timer may run: a clock that was set forward is noticed after this long. */
const LONGEST_SLEEP_MS = 60_000;

/** After a fault of the outbox itself: a full disk may let us send but not note it, which doubles pushes. */
const FAULT_MS = 60_000;

export interface OutboxLoop {
	/** An entry is due at this time: wake up by then. */
	wake(dueAt: number): void;
	/** Stops taking entries and resolves when those on their way are done. */
	stop(): Promise<void>;
}

/**
 * @param retry tries one entry, and leaves the outbox in the state that follows; throws if it cannot
 * @param pause lets timers and sockets have their turn
 */
export function startOutboxLoop(
	outbox: Pick<Outbox, "due" | "nextDueAt">,
	retry: (entry: OutboxEntry) => Promise<void>,
	log: Logger,
	now: () => number = Date.now,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve)),
): OutboxLoop {
	const onItsWay = new Map<string, Promise<void>>();
	let timer: ReturnType<typeof setTimeout> | undefined;
	let wakesAt = Number.POSITIVE_INFINITY;
	let stopped = false;
	let filling = false;
	let again = false;

	function sleepUntil(time: number) {
		if (stopped || time >= wakesAt) return;
		clearTimeout(timer);
		wakesAt = time;
		const sleep = Math.min(Math.max(time - now(), 0), LONGEST_SLEEP_MS);
		timer = setTimeout(() => {
			wakesAt = Number.POSITIVE_INFINITY;
			void fill();
		}, sleep);
	}

	/** Starts as many due entries as there are places, then sleeps until the next is due. */
	async function fill(): Promise<void> {
		if (filling) {
			again = true;
			return;
		}
		filling = true;
		try {
			do {
				again = false;
				// Entries that a shut gate turns away are done without one wait for the outside: without this pause a
				// backlog of them would keep timers and sockets waiting until it is through.
				await pause();
				// One time for both questions: an entry that falls due between two would be in neither answer.
				const at = now();
				// Entries on their way are still in the outbox: asking for CONCURRENCY finds enough others.
				for (const entry of await outbox.due(at, CONCURRENCY)) {
					if (stopped || onItsWay.size >= CONCURRENCY) break;
					start(entry);
				}
				const next = await outbox.nextDueAt(at);
				if (next !== undefined) sleepUntil(next);
			} while (again && !stopped);
		} catch (error) {
			log.error("The outbox cannot be read: {error}", { error: faultOf(error) });
			sleepUntil(now() + FAULT_MS);
		} finally {
			filling = false;
		}
	}

	function start(entry: OutboxEntry) {
		const name = `${entry.node} ${entry.class}`;
		if (onItsWay.has(name)) return;
		const trying = retry(entry)
			.then(
				() => fill,
				(error: unknown) => {
					log.error("The outbox cannot be kept: {error}", { error: faultOf(error) });
					return () => sleepUntil(now() + FAULT_MS);
				},
			)
			.then((next) => {
				onItsWay.delete(name);
				if (!stopped) void next();
			});
		onItsWay.set(name, trying);
	}

	sleepUntil(now());

	return {
		wake: sleepUntil,
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await Promise.all(onItsWay.values());
		},
	};
}
