/** Tries what waits in the outbox, once: it stays there until it was delivered, has expired, or is hopeless. */
import type { Logger } from "@logtape/logtape";
import { nodeForm } from "../../messages/whom.ts";
import type { OutboxEntry } from "../../store/local/outbox.ts";
import { type Attempts, askAgainAt } from "../attempt.ts";
import { type Item, type Tried, Unavailable } from "../push-item.ts";
import type { Pacing } from "../throttle/pacing.ts";
import { ttlSecondsOf } from "../time-to-live.ts";
import type { OutboxWrites } from "./outbox-writes.ts";

/**
 * One that is turned away where it waits, or whose lane is taken, costs no write.
 * @param onAnswered called when its push service has answered, before that is on disk
 * @throws {NotRemoved} when it is through, and cannot be taken off the disk; anything else when the outbox cannot be
 *   written: then the entry is as it was
 */
export type Retry = (entry: OutboxEntry, onAnswered?: () => void) => Promise<Tried>;

export function createRetry({
	pacing,
	attempts,
	writes,
	log,
	now,
}: {
	pacing: Pick<Pacing, "tryRun">;
	attempts: Attempts;
	writes: Pick<OutboxWrites, "keep" | "queue" | "discard">;
	log: Logger;
	now(): number;
}): Retry {
	async function retry(item: Item): Promise<Tried> {
		if (item.expiresAt <= now()) {
			const { node, attempts: tries } = item;
			log.info("A push to {node} expired in the outbox after {tries} tries.", {
				node: nodeForm(node),
				tries,
			});
			await writes.discard(item);
			return { kind: "done" };
		}
		const { gate } = item;
		try {
			const tried = await attempts.tryOnce(item);
			if (tried.kind !== "later") return { kind: "done" };
			if (item.gate === gate) {
				const { at, isFull } = tried;
				return { kind: "turned-away", at, ...(isFull && { isFull }) };
			}
			// It waits in another queue than its gate's: its device moved, or nobody had looked.
			await writes.queue(item, tried.reason, askAgainAt(tried, now()));
		} catch (error) {
			if (!(error instanceof Unavailable)) throw error;
			await writes.keep(item, error.message);
		}
		return { kind: "done" };
	}

	return async ({ class: pushClass, dueAt: _dueAt, lastError: _lastError, ...entry }, onAnswered) => {
		// No life is longer than its class's: otherwise the clock was set back since it was put on disk.
		const longestMs = ttlSecondsOf(pushClass, Number.POSITIVE_INFINITY) * 1000;
		const expiresAt = Math.min(entry.expiresAt, now() + longestMs);
		const item: Item = { ...entry, expiresAt, isPromised: true, isRetry: true };
		if (onAnswered) item.onAnswered = onAnswered;
		return pacing.tryRun(item, pushClass, () => retry(item));
	};
}
