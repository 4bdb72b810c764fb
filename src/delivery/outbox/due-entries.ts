/** Takes what is due in a queue of the outbox, as far as there are places, and finds out when the next is due. */

import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import type { Outbox } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import type { Alarm } from "./alarm.ts";
import { entryName, type KnownQueues, lookAt, type Queue, roomIn } from "./known-queues.ts";
import type { Retries } from "./retries.ts";

/** So many are read at once of those that always have a place. Strangers may have thousands of queues. */
const READ_AHEAD = deliveryBounds.readAhead.is;

export interface DueEntries {
	/** Whether something may be taken from a queue now. */
	isDue(queue: Queue): boolean;
	/**
	 * Starts what is due in it, as far as there are places, and notes when the next is due.
	 * @throws when the outbox cannot be read
	 */
	take(name: QueueName, queue: Queue): Promise<void>;
}

/**
 * @param deps.pause lets timers and sockets have their turn
 */
export function createDueEntries({
	outbox,
	queues,
	retries,
	alarm,
	pause,
	now,
}: {
	outbox: Pick<Outbox, "due" | "nextDueAt" | "stamp" | "mayHaveChanged">;
	queues: Pick<KnownQueues, "use" | "note" | "forget">;
	retries: Retries;
	alarm: Pick<Alarm, "isOff" | "isResting">;
	pause(): Promise<void>;
	now(): number;
}): DueEntries {
	const places = (queue: Queue) => Math.min(roomIn(queue), retries.places(queue.sort));

	async function readAhead(name: QueueName, queue: Queue) {
		const most = queue.sort === "few" ? READ_AHEAD : places(queue);
		// Those in hand are still in the outbox.
		const limit = most + queue.inHand.size;
		// One time for both questions: an entry that falls due between two would be in neither answer.
		const at = now();
		const stamp = outbox.stamp();
		queue.isNoted = false;
		const read = await outbox.due(name, at, limit);
		const entries = read.filter((entry) => !queue.inHand.has(entryName(entry)));
		queue.ahead = { entries, stamp, at, isAll: read.length < limit };
	}

	function startSome(name: QueueName, queue: Queue) {
		const { ahead } = queue;
		const { entries, stamp } = ahead;
		let taken = 0;
		for (let left = places(queue); left > 0 && taken < entries.length; taken++) {
			const entry = entries[taken];
			if (!entry) break;
			// Whatever became of it: it is read again, if it is still there.
			if (queue.inHand.has(entryName(entry)) || outbox.mayHaveChanged(entry, stamp)) ahead.isAll = false;
			else {
				retries.start(name, queue, entry);
				left--;
			}
		}
		entries.splice(0, taken);
	}

	return {
		isDue: (queue) =>
			roomIn(queue) > 0 &&
			lookAt(queue) <= now() &&
			retries.places(queue.sort) > 0 &&
			!alarm.isOff() &&
			!alarm.isResting(),

		async take(name, queue) {
			// Entries that are turned away are done without one wait for the outside: without this pause a backlog of them
			// would keep timers and sockets waiting until it is through.
			await pause();
			queues.use(name, queue);
			queue.dueAt = Number.POSITIVE_INFINITY;
			if (queue.ahead.entries.length === 0) await readAhead(name, queue);
			if (alarm.isOff()) return;
			startSome(name, queue);
			const { entries, isAll, at } = queue.ahead;
			if (entries.length > 0 || !isAll || queue.isNoted) {
				queue.dueAt = Math.min(queue.dueAt, at);
				return;
			}
			const next = await outbox.nextDueAt(name, at);
			if (next !== undefined) queues.note(name, next);
			else if (queue.inHand.size === 0 && queue.dueAt === Number.POSITIVE_INFINITY) queues.forget(name);
		},
	};
}
