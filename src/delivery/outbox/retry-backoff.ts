/** How long to wait before the next try. */

/** First wait, ms; each further one doubles it. */
const FIRST_MS = 5_000;
const LONGEST_MS = 3_600_000;

/**
 * Exponential backoff with jitter: between half and the whole of 5 s · 2^attempts, at most an hour. A provider's
 * Retry-After is a lower bound: coming earlier is what it asked us not to do.
 * @returns whole ms
 * @param attempts tries made so far in vain, at least 1
 * @param afterMs what the provider asked for
 */
export function backoffMs(attempts: number, afterMs = 0, random: () => number = Math.random): number {
	const ceiling = Math.min(FIRST_MS * 2 ** (attempts - 1), LONGEST_MS);
	return Math.ceil(Math.max(ceiling * (0.5 + random() / 2), afterMs));
}
