/** Token buckets by name, in memory: how often somebody may do something. */
import type { Rate } from "./bounds/bound.ts";
import { httpBounds } from "./bounds/http.ts";
import { createRecent } from "./recent-names.ts";
import { byItself } from "./text-length.ts";

/** How many tokens there are at a time, of so many earlier: none are lost where the clock was set back. */
export const tokensAt = (
	{ burst, perSecond }: Rate,
	{ tokens, at }: { tokens: number; at: number },
	now: number,
): number => Math.min(burst, tokens + (Math.max(0, now - at) / 1000) * perSecond);

/** The ms until there are so many. */
export const msUntil = (wanted: number, tokens: number, { perSecond }: Rate): number =>
	Math.max(0, ((wanted - tokens) / perSecond) * 1000);

export interface Buckets {
	/** Takes one token of a bucket. @returns 0 when there was one, else the ms until there is one */
	take(name: string): number;
	/** One that was taken is there again. */
	putBack(name: string): void;
	/** The ms until there is one, without taking it. */
	wait(name: string): number;
}

/** Names remembered: others choose them, and some 2 MB of them are enough. Those that were quiet longest go first. */
export const KEPT_BUCKETS = httpBounds.rememberedNetworks.is;

export function createBuckets(rate: Rate, now: () => number): Buckets {
	const buckets = createRecent<{ tokens: number; at: number }>(KEPT_BUCKETS);

	function tokensOf(name: string): number {
		const bucket = buckets.get(name.toWellFormed());
		if (!bucket) return rate.burst;
		// A clock that was set back takes no tokens away, and goes on giving them.
		bucket.at = Math.min(bucket.at, now());
		return tokensAt(rate, bucket, now());
	}

	const set = (name: string, tokens: number) => buckets.set(byItself(name), { tokens, at: now() });

	const msUntilOne = (tokens: number) => Math.ceil(msUntil(1, tokens, rate));

	return {
		wait: (name) => msUntilOne(tokensOf(name)),
		putBack: (name) => set(name, Math.min(rate.burst, tokensOf(name) + 1)),
		take(name) {
			const tokens = tokensOf(name);
			const ms = msUntilOne(tokens);
			set(name, ms === 0 ? tokens - 1 : tokens);
			return ms;
		},
	};
}
