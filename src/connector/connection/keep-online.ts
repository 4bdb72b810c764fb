/** A connection's life: it takes the address, stays until it is lost, and comes back; or leaves it to another. */
import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import type { AddressClaim } from "../address/address-claim.ts";
import type { Others } from "../address/other-databases.ts";
import { pause } from "../pause.ts";
import type { StreamFailure } from "../stream/stream.ts";
import { createBackoff } from "./backoff.ts";
import type { KeptStream } from "./kept-stream.ts";
import type { SessionEnd } from "./session.ts";
import type { StatusKeeper } from "./status.ts";
import type { ConnectionTiming } from "./timing.ts";

export interface KeepOnlineDeps {
	address: string;
	status: StatusKeeper;
	kept: KeptStream;
	/** An account's: when its address may be taken. */
	claim?: AddressClaim | undefined;
	/** A component's: whether another Reveille has the address too. */
	others?: Others | undefined;
	/** Connects, and stays until the connection is gone. */
	session(): Promise<SessionEnd>;
	/** Has the stanzas in hand answered from the outbox, all of them with 0. */
	onBacklog(olderThanMs: number): Promise<void>;
	random(): number;
	timing: ConnectionTiming;
	/** Ends all of it. */
	stopping: AbortSignal;
	log: Logger;
}

/** @returns when the signal has come, or when the address is left to another for good */
export async function keepOnline(deps: KeepOnlineDeps): Promise<void> {
	const { status, kept, claim, others, timing, stopping } = deps;
	const backoff = createBackoff(timing, deps.random);
	while (!stopping.aborted && (await kept.take(status.standBy, stopping))) {
		const { failure, lastedMs } = await attempt(deps);
		if (stopping.aborted) return;
		const { kind, message } = failure;
		if (kind === "address-held" || kind === "address-taken") others?.refused();
		if (kind === "too-big" && (await passOver(failure, deps))) continue;
		// Another process of ours has it.
		if (kind === "address-taken" && !(await kept.isOurs(stopping))) continue;
		if (lastedMs >= timing.stable) backoff.reset();
		switch (kind) {
			case "address-foreign":
				status.foreign(message);
				// Who does not serve keeps nobody from it.
				return kept.leave();
			case "address-taken":
				status.taken(message, { isAskedFor: claim !== undefined });
				if (!claim) return;
				await untilTakenBack(claim, deps);
				break;
			default: {
				const delayMs = backoff.after(failure);
				status.retrying(failure, delayMs);
				await pause(delayMs, stopping);
			}
		}
	}
}

/** A session, unless the address is not to be taken. */
async function attempt({ kept, claim, session, stopping }: KeepOnlineDeps): Promise<SessionEnd> {
	// What can be resumed is ours.
	const refusal = kept.management().state() ? undefined : await claim?.refusal(stopping);
	return refusal ? { failure: refusal, lastedMs: 0 } : session();
}

/** What came cannot be received. @returns whether the server goes on behind it */
async function passOver(
	{ message: reason }: StreamFailure,
	{ address, status, kept, onBacklog, timing, log }: KeepOnlineDeps,
): Promise<boolean> {
	const management = kept.management();
	status.away(reason);
	// The count is of all that came before it.
	void onBacklog(0);
	await Promise.race([management.answered(), Bun.sleep(timing.deadline)]);
	if (!(await management.passOver())) return false;
	log.warn(
		"{address}: {reason} It is passed over, and the stream is resumed behind it.",
		about("stanza-passed-over", { address, reason }),
	);
	return true;
}

/** What another session ended cannot be resumed, and after a restart its holder is asked first. */
async function untilTakenBack(claim: AddressClaim, { kept, stopping }: KeepOnlineDeps): Promise<void> {
	const lost = kept.untilLost();
	await kept.forget();
	await claim.takenBack(AbortSignal.any([stopping, lost]));
}
