/** The loop of the outbox, started at once: in the program the connector makes it early, and starts it when all parts are there. */
import { createOutboxLoop, type OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";

type Create = Parameters<typeof createOutboxLoop>;

export function startOutboxLoop(
	outbox: Create[0],
	retry: Parameters<OutboxLoop["start"]>[0],
	log: Create[1],
	now?: Create[2],
	pause?: Create[3],
): OutboxLoop {
	const loop = createOutboxLoop(outbox, log, now, pause);
	loop.start(retry);
	return loop;
}
