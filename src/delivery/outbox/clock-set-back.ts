/** Notices that the clock was set back. What waits because of a time must not wait for the hour that comes again. */

export interface SetBack {
	/**
	 * By how many ms it was set back since the latest time that was seen; 0: it was not.
	 * @param at the time now, ms since the epoch
	 */
	byMs(at: number): number;
	/** Takes note of a time. */
	see(at: number): void;
}

/** So little may be what keeps clocks right, and costs nobody much, ms. */
const LEAST_MS = 1_000;

export function createSetBack(): SetBack {
	let seenAt = Number.NEGATIVE_INFINITY;
	return {
		byMs(at) {
			const by = seenAt - at;
			return by >= LEAST_MS ? by : 0;
		},
		see(at) {
			seenAt = at;
		},
	};
}
