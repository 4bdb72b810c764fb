/**
 * A failure to reach a host that a client chose is told at the same time, however soon it is known: a name that is not
 * there takes longer to look up than one that leads inside, and whoever publishes must not learn which it is.
 */
import { deliveryBounds } from "../limits/bounds/delivery.ts";

export interface Unreached {
	/**
	 * Waits until the failure may be told.
	 * @param startedAt when it was sent, ms since the epoch
	 */
	tellLater(startedAt: number): Promise<void>;
}

/** So long after it was sent, ms. */
const TOLD_AFTER_MS = 5_000;
/** At most so many wait at a time, and others not at all: what waits is in memory, and strangers' names cost nothing. */
const MOST = deliveryBounds.unreached.is;

export function createUnreached(
	now: () => number,
	pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Unreached {
	let waiting = 0;
	return {
		async tellLater(startedAt) {
			if (waiting >= MOST) return;
			waiting++;
			await pause(Math.min(startedAt + TOLD_AFTER_MS - now(), TOLD_AFTER_MS));
			waiting--;
		},
	};
}
