/**
 * Sends what is due in the outbox: started by a timer for the next due time, never by polling.
 *
 * Each gate has a queue of its own. A queue whose gate turned an entry away is left alone until the gate asked to be
 * asked again: nothing is read or written for what waits in it, and no other queue waits behind it.
 *
 * Of hosts that clients choose there may be any number of queues (queue-names.ts). They come after the others, have half
 * of the places, and where there are more of them than are known at once, they have their turns (known-queues.ts).
 */
import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Outbox } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import { type Alarm, createAlarm } from "./alarm.ts";
import { createSetBack } from "./clock-set-back.ts";
import { createDueEntries } from "./due-entries.ts";
import { createKnownQueues, type KnownQueues, lookAt, roomIn } from "./known-queues.ts";
import type { Retry } from "./one-retry.ts";
import { createRetries, type Retries } from "./retries.ts";

/** After a fault of the outbox itself: a full disk may let us send but not note it, which doubles pushes. */
const FAULT_MS = 60_000;

export interface OutboxLoop {
	/**
	 * Looks at all that waits, and goes on to. Until then it takes nothing.
	 * @param retry tries one entry, and leaves the outbox in the state that follows; throws if it cannot
	 */
	start(retry: Retry): void;
	/** A queue has something to do at this time: wake up by then. */
	wake(at: number, queue: QueueName): void;
	/** A gate that was shut works again: what waits for it may come, a few at once. */
	open(gate: string): void;
	/** A gate that was full has room: what waits for that may come. */
	room(gate: string): void;
	/** Stops taking entries and resolves when those on their way are done. */
	stop(): Promise<void>;
}

type LoopsOutbox = Pick<
	Outbox,
	"queues" | "due" | "nextDueAt" | "stamp" | "mayHaveChanged" | "change" | "hasten"
>;

/** @param pause lets timers and sockets have their turn */
export function createOutboxLoop(
	outbox: LoopsOutbox,
	log: Logger,
	now: () => number = Date.now,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve)),
): OutboxLoop {
	let retry: Retry = () => Promise.reject(new Error("the outbox loop is not started"));
	/** Those that are not empty, as far as they are known. */
	const queues = createKnownQueues(outbox, pause, now);
	const alarm = createAlarm(now, () => void fill());
	const retries = createRetries(outbox, {
		retry: (entry, onAnswered) => retry(entry, onAnswered),
		note: queues.note,
		onPlace() {
			if (!alarm.isOff()) void fill();
		},
		onFault: () => alarm.rest(FAULT_MS),
		isResting: alarm.isResting,
		log,
		now,
	});
	const { isDue, take } = createDueEntries({ outbox, queues, retries, alarm, pause, now });
	const clock = createSetBack();
	let filling = false;
	let again = false;

	/** What waits because of a time must not wait for the hour that a clock was set back by. */
	async function watchClock() {
		const at = now();
		const by = clock.byMs(at);
		if (by > 0) {
			log.warn(
				"The clock was set back by {seconds} s. What waits in the outbox in {dataDir} is tried again now.",
				about("clock-set-back", { seconds: Math.round(by / 1000) }),
			);
			await outbox.hasten(by, at);
			queues.lookAtAll(at);
			alarm.endRest();
		}
		clock.see(at);
	}

	/** Starts as many due entries as there are places, then sleeps until the next is due. */
	async function fill(): Promise<void> {
		if (filling) {
			again = true;
			return;
		}
		filling = true;
		try {
			await watchClock();
			if (!alarm.isResting() && !(await retries.removeOwed())) return;
			if (queues.isToBeFound()) await queues.find();
			do {
				again = false;
				for (const [name, queue] of [...queues.few]) if (isDue(queue)) await take(name, queue);
				for (const [name, queue] of [...queues.strangers]) {
					if (!isDue(queue)) continue;
					await take(name, queue);
					// The others come first; this one was looked at, and comes last the next time.
					if (again) break;
				}
			} while (again && !alarm.isOff());
			ringForNext(alarm, queues, retries);
		} catch (error) {
			log.error(
				"The outbox in {dataDir} cannot be read. It is tried again in a minute: {error}",
				about("outbox-unreadable", { error: faultOf(error) }),
			);
			queues.doubt();
			alarm.rest(FAULT_MS);
		} finally {
			filling = false;
		}
	}

	/** What waits at a gate for its being shut, or full, does not any more. */
	function lookAgain(gate: string, why: "shutUntil" | "fullUntil") {
		for (const queue of queues.ofGate(gate)) {
			queue[why] = Number.NEGATIVE_INFINITY;
			alarm.ringAt(lookAt(queue));
		}
	}

	return {
		start(given) {
			retry = given;
			alarm.turnOn();
		},
		wake(at, name) {
			const lookAt = queues.note(name, at);
			const isSetBack = clock.byMs(now()) > 0;
			if (!isSetBack) clock.see(now());
			alarm.ringAt(isSetBack ? now() : lookAt);
		},
		open: (gate) => lookAgain(gate, "shutUntil"),
		// Not before those are noted that it turned away in this turn of the event loop.
		room: (gate) => void setTimeout(() => lookAgain(gate, "fullUntil")),
		async stop() {
			alarm.turnOff();
			await retries.done();
		},
	};
}

/** Where there is no place nothing rings: the next one that is through makes some. */
function ringForNext(alarm: Pick<Alarm, "ringAt">, queues: KnownQueues, { places }: Pick<Retries, "places">) {
	if (places("few") === 0) return;
	alarm.ringAt(queues.othersAt());
	for (const queue of queues.few.values()) if (roomIn(queue) > 0) alarm.ringAt(lookAt(queue));
	if (places("strangers") === 0) return;
	for (const queue of queues.strangers.values()) if (roomIn(queue) > 0) alarm.ringAt(lookAt(queue));
}
