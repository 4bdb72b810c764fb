/** Pushes that were never sent: what fails here, before a push service is asked, is an outcome too. */
import { DeadDevice, InvalidDevice, type Outcome, type Push, type PushService } from "../types.ts";

/** Makes a send that never throws of one that does. */
export function neverThrowing(
	sendOnce: (push: Push, signal: AbortSignal) => Promise<Outcome>,
): PushService["send"] {
	return async (push, signal) => {
		try {
			return await sendOnce(push, signal);
		} catch (error) {
			if (error instanceof DeadDevice) return { kind: "gone", reason: error.message };
			// What was registered is not allowed any more, or was damaged: its sentence says which.
			if (error instanceof InvalidDevice) return { kind: "rejected", reason: error.message, about: "push" };
			return unprepared(error);
		}
	};
}

/** The outcome of a push that failed before it was sent, for a reason of our own: its message may hold secrets. */
export function unprepared(error: unknown): Outcome & { kind: "retry" } {
	const name = error instanceof Error ? error.name : typeof error;
	return { kind: "retry", reason: `could not prepare the push: ${name}`, about: "push" };
}
