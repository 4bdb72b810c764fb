/** How many pushes a host gets in a second: a bucket of which some are kept back for those that come first. */
import type { Rate } from "../limits/bounds/bound.ts";

export interface Pace {
	/**
	 * Takes one, above those that are kept back.
	 * @param atOnce so many may come back together
	 * @returns when to ask again, ms since the epoch; undefined: it was taken
	 */
	take(keptBack: number, atOnce: number): number | undefined;
	/** As many may go at once as ever. */
	isFull(): boolean;
}

export function createPace({ burst, perSecond }: Rate, now: () => number): Pace {
	let tokens = burst;
	let filledAt = now();

	function fill(): number {
		const at = now();
		tokens = Math.min(tokens + (Math.max(0, at - filledAt) / 1000) * perSecond, burst);
		filledAt = at;
		return tokens;
	}

	return {
		take(keptBack, atOnce) {
			if (fill() < keptBack + 1) {
				// Not for one at a time, but for as many as may come from the outbox at once.
				const wanted = Math.min(keptBack + atOnce, burst);
				return Math.ceil(now() + ((wanted - tokens) / perSecond) * 1000);
			}
			tokens--;
			return undefined;
		},

		isFull: () => fill() >= burst,
	};
}
