/** Sends a fresh publish, once its pace lets it: it is tried, and what its gate does not let through is put on disk. */
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import type { Answer } from "../types.ts";
import { type Attempts, askAgainAt } from "./attempt.ts";
import type { InFlight } from "./in-flight.ts";
import { isLeftByStrangers, NO_ROOM, type OutboxWrites, type Secure } from "./outbox/outbox-writes.ts";
import { type Item, Unavailable } from "./push-item.ts";

/** Fresh pushes in memory at once: a database that hangs must not fill it with those that wait to be looked up. */
const MOST_IN_FLIGHT = deliveryBounds.onTheirWay.is;

/**
 * Never throws, and never says anything but `wait` where something of ours fails.
 * @param asCommon what to do with a push where it turns out that its own text does not leave
 */
export type Send = (item: Item, asCommon: (item: Item) => Promise<Answer>) => Promise<Answer>;

export interface Sending {
	send: Send;
	/**
	 * Puts what is on its way on disk, and answers it. What is just being written for another reason is left to that.
	 * @param olderThanMs only what came so long ago; infinite: nothing
	 * @param hasRoom whether the disk has room for what strangers leave there; theirs are answered without it
	 */
	settle(olderThanMs: number, hasRoom: boolean): Promise<void>;
}

/**
 * @param deps.failed what to answer where something of ours failed
 */
export function createSending({
	inFlight,
	attempts,
	writes,
	secure,
	failed,
	sendDeadlineMs,
	now,
}: {
	inFlight: InFlight;
	attempts: Attempts;
	writes: Pick<OutboxWrites, "queue">;
	secure: Secure;
	failed(error: unknown, items: readonly Item[]): Answer;
	sendDeadlineMs: number;
	now(): number;
}): Sending {
	/** A publish is answered with `wait`. A message of Push 2.0 has no answer, and is kept until the database is back. */
	async function failedOrKept(error: unknown, item: Item): Promise<Answer> {
		if (!item.isUnanswered || !(error instanceof Unavailable)) return failed(error, [item]);
		return secure([item], now() + sendDeadlineMs);
	}

	/** Never throws. @returns undefined: its own text does not leave */
	async function attempt(item: Item): Promise<Answer | undefined> {
		try {
			const tried = await attempts.tryOnce(item);
			if (tried.kind === "common") return undefined;
			if (tried.kind === "answered") return tried.answer;
			return await writes.queue(item, tried.reason, askAgainAt(tried, now()));
		} catch (error) {
			return failedOrKept(error, item);
		}
	}

	return {
		send(item, asCommon) {
			if (inFlight.size() >= MOST_IN_FLIGHT) return secure([item], now());
			return new Promise((resolve) => {
				// It may be answered before its push service answers, once it is on disk.
				inFlight.add(item, resolve);
				void attempt(item).then((answer) => {
					inFlight.remove(item);
					if (answer) resolve(answer);
					else void asCommon(item).then(resolve);
				});
			});
		},

		async settle(olderThanMs, hasRoom) {
			const at = now();
			// One that is younger than nothing came before the clock was set back.
			const isDue = ({ isPromised, isBeingKept, receivedAt = 0 }: Item) =>
				!isPromised && !isBeingKept && Math.abs(at - receivedAt) >= olderThanMs;
			const isKept = (item: Item) => hasRoom || !isLeftByStrangers(item);
			const all = [...inFlight.all()].filter(([item]) => isDue(item));
			for (const [item, resolve] of all) if (!isKept(item)) resolve(NO_ROOM);
			const due = all.filter(([item]) => isKept(item));
			if (due.length === 0) return;
			const items = due.map(([item]) => item);
			const answer = await secure(items, at + sendDeadlineMs);
			for (const [, resolve] of due) resolve(answer);
		},
	};
}
