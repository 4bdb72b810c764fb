/** What all services do alike to come to an outcome. */
import { DeadDevice, InvalidDevice, type Outcome, type Push, type PushService } from "../types.ts";

/** A row of a service's table of answers, as far as an outcome is made of it. */
interface Row {
	kind: Outcome["kind"];
	about?: "token";
}

/**
 * The outcome of a row.
 * @param row undefined: an answer that no table knows, which is never held against a device
 * @param afterMs what the provider asked for
 */
export function outcomeOf(row: Row | undefined, reason: string, afterMs: number | undefined): Outcome {
	const kind = row?.kind ?? "retry";
	const about = row?.about && { about: row.about };
	switch (kind) {
		case "delivered":
			return { kind };
		case "gone":
		case "rejected":
			return { kind, reason };
		case "misconfigured":
			return { kind, reason, ...about };
		case "retry":
			return { kind, reason, ...(afterMs !== undefined && { afterMs }), ...about };
	}
}

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
