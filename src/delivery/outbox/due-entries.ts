/** Takes what is due in a queue of the outbox, as far as there are places, and finds out when the next is due. */
import type { Outbox } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import type { Alarm } from "./alarm.ts";
import { entryName, type KnownQueues, lookAt, type Queue, roomIn } from "./known-queues.ts";
import type { Retries } from "./retries.ts";

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
	outbox: Pick<Outbox, "due" | "nextDueAt">;
	queues: Pick<KnownQueues, "use" | "note" | "forget">;
	retries: Retries;
	alarm: Pick<Alarm, "isOff" | "isResting">;
	pause(): Promise<void>;
	now(): number;
}): DueEntries {
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
			// One time for both questions: an entry that falls due between two would be in neither answer.
			const at = now();
			queue.dueAt = Number.POSITIVE_INFINITY;
			const places = Math.min(roomIn(queue), retries.places(queue.sort));
			// Those in hand are still in the outbox.
			const limit = places + queue.inHand.size;
			const entries = await outbox.due(name, at, limit);
			if (alarm.isOff()) return;
			const others = entries.filter((entry) => !queue.inHand.has(entryName(entry)));
			for (const entry of others.slice(0, places)) retries.start(name, queue, entry);
			if (entries.length === limit) return void queues.note(name, at);
			const next = await outbox.nextDueAt(name, at);
			if (next !== undefined) queues.note(name, next);
			else if (queue.inHand.size === 0 && queue.dueAt === Number.POSITIVE_INFINITY) queues.forget(name);
		},
	};
}
