/** For how long a breaker stays shut: longer each time that what is behind it was tried in vain. */

import { AGAIN_MS } from "./breaker-trials.ts";
import { isWithin, type Span } from "./time-span.ts";

export interface BreakerBackoff {
	/**
	 * It begins anew.
	 * @param ms for about how long
	 * @param askedUntil no sooner than then, ms since the epoch
	 */
	begin(ms: number, askedUntil: number): void;
	/** It begins anew, for `nextMs`, and is twice as long the next time. */
	beginLonger(askedUntil: number): void;
	/** It ends no sooner than then, ms since the epoch. */
	prolong(askedUntil: number): void;
	/** It is over, and short the next time. */
	end(): void;
	/** About how long it is the next time, ms. */
	nextMs(): number;
	/** When to ask again, ms since the epoch; undefined: it is over. */
	waitAt(): number | undefined;
}

/** The first time, ms; each failed try doubles it. */
const FIRST_MS = 2_000;
const LONGEST_MS = 120_000;

export function createBreakerBackoff(now: () => number, random: () => number): BreakerBackoff {
	let span: Span = { at: 0, until: 0 };
	let nextMs = FIRST_MS;

	/** Everything that waits must not come back in the same moment. */
	function begin(ms: number, askedUntil: number) {
		const at = now();
		span = { at, until: Math.max(at + Math.ceil(ms * (0.75 + random() / 2)), askedUntil) };
	}

	return {
		begin,

		beginLonger(askedUntil) {
			begin(nextMs, askedUntil);
			nextMs = Math.min(nextMs * 2, LONGEST_MS);
		},

		prolong(askedUntil) {
			span.until = Math.max(span.until, askedUntil);
		},

		end() {
			span.until = 0;
			nextMs = FIRST_MS;
		},

		nextMs: () => nextMs,
		waitAt: () => (isWithin(span, now()) ? Math.max(span.until, now() + AGAIN_MS) : undefined),
	};
}
