/** How many pushes a host gets in a second: a bucket of which some are kept back for those that come first. */
import type { Rate } from "../../limits/bounds/bound.ts";
import { msUntil, tokensAt } from "../../limits/token-buckets.ts";

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

export function createPace(rate: Rate, now: () => number): Pace {
	const bucket = { tokens: rate.burst, at: now() };

	function fill(): number {
		const at = now();
		bucket.tokens = tokensAt(rate, bucket, at);
		bucket.at = at;
		return bucket.tokens;
	}

	return {
		take(keptBack, atOnce) {
			if (fill() < keptBack + 1) {
				// Not for one at a time, but for as many as may come from the outbox at once.
				const wanted = Math.min(keptBack + atOnce, rate.burst);
				return Math.ceil(now() + msUntil(wanted, bucket.tokens, rate));
			}
			bucket.tokens--;
			return undefined;
		},

		isFull: () => fill() >= rate.burst,
	};
}
