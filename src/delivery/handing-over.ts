/** How a process that does not send pushes: it hands over to a connector of the same database. */
import type { Handover } from "../store/handover.ts";
import type { Answer, Notification } from "../types.ts";

/** @param ttlSeconds how long a connector may take to claim it */
export function handOver(
	handover: Pick<Handover, "put">,
	ttlSeconds: number,
): (node: string, notification: Notification) => Promise<Answer> {
	return async (node, notification) => {
		await handover.put(node, notification, Date.now() + ttlSeconds * 1000);
		return { kind: "done", how: "queued" };
	};
}
