/** How a process that does not send pushes: it hands over to a connector of the same database. */
import type { Handover } from "../../store/handover.ts";
import type { Answer, Notification } from "../../types.ts";
import { ttlSecondsOf } from "../time-to-live.ts";

/** @param pushTtlSeconds how long a push may wait for a connector; calls wait for less */
export function handOver(
	handover: Pick<Handover, "put">,
	pushTtlSeconds: number,
	now: () => number = Date.now,
): (node: string, notification: Notification) => Promise<Answer> {
	return async (node, notification) => {
		const ttlMs = ttlSecondsOf(notification.class, pushTtlSeconds) * 1000;
		await handover.put(node, notification, now() + ttlMs);
		return { kind: "done", how: "queued" };
	};
}
