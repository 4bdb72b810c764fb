/** How a connection ends when its process does: nothing in hand is left unanswered, and what can be resumed stays so. */
import type { Logger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { sameElement } from "../../xmpp/same-database.ts";
import type { CurrentStream } from "./current-stream.ts";
import type { KeptStream } from "./kept-stream.ts";

interface Leaving {
	current: CurrentStream;
	kept: KeptStream;
	/** How long each step may take, ms. */
	withinMs: number;
}

/**
 * A session that is left to be resumed answers nobody, and what is published into it comes to nothing if this one does
 * not come back. So who took the address from a Reveille that still waits for it gives it back: that one takes it,
 * and there is no moment in which nobody has it.
 * @param to the JID of who waits for the address
 * @param value which database we serve
 */
export async function giveBack(
	to: string,
	value: string,
	{ address, current, kept, withinMs, log }: Leaving & { address: string; log: Pick<Logger, "info"> },
): Promise<void> {
	const stream = current.get();
	if (!stream) return;
	const within = <T>(step: Promise<T>) => Promise.race([step, Bun.sleep(withinMs)]);
	const management = kept.management();
	await within(management.answered());
	await management.acknowledgeAll();
	// The connection may be gone by now.
	stream.send(xml("message", { to }, sameElement(value)));
	const failure = await within(stream.closed);
	// A connection that is lost otherwise gives the address to nobody: its stream is for our next start.
	if (failure?.kind !== "address-taken") return;
	log.info("{address} is left to the Reveille that had it before, and waited for it.", { address });
	await kept.forget();
}

/** Sends the last answers and counts, hears that the server has them, and leaves. */
export async function leave({ current, kept, withinMs }: Leaving): Promise<void> {
	const within = (step: Promise<void>) => Promise.race([step, Bun.sleep(withinMs)]);
	const management = kept.management();
	await within(management.answered());
	await management.acknowledgeAll();
	// The connection may be cut once the server has all that we sent.
	if (management.counts()) await within(management.flushed());
	await within(current.get()?.leave() ?? Promise.resolve());
	current.drop();
}
