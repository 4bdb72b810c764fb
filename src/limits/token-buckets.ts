/** Token buckets by name, in memory: how often somebody may do something. */
import type { Rate } from "./bounds/bound.ts";
import { httpBounds } from "./bounds/http.ts";
import { createRecent } from "./recent.ts";

export interface Buckets {
	/** Takes one token of a bucket. @returns 0 when there was one, else the ms until there is one */
	take(name: string): number;
	/** The ms until there is one, without taking it. */
	wait(name: string): number;
}

/** Names remembered: others choose them, and some 2 MB of them are enough. Those that were quiet longest go first. */
export const KEPT_BUCKETS = httpBounds.rememberedNetworks.is;

export function createBuckets({ burst, perSecond }: Rate, now: () => number): Buckets {
	const buckets = createRecent<{ tokens: number; at: number }>(KEPT_BUCKETS);

	function tokensOf(name: string): number {
		const bucket = buckets.get(name);
		if (!bucket) return burst;
		// A clock that was set back takes no tokens away, and goes on giving them.
		bucket.at = Math.min(bucket.at, now());
		const elapsed = (now() - bucket.at) / 1000;
		return Math.min(burst, bucket.tokens + elapsed * perSecond);
	}

	const msUntilOne = (tokens: number) => (tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000));

	return {
		wait: (name) => msUntilOne(tokensOf(name)),
		take(name) {
			const tokens = tokensOf(name);
			const ms = msUntilOne(tokens);
			buckets.set(name, { tokens: ms === 0 ? tokens - 1 : tokens, at: now() });
			return ms;
		},
	};
}
