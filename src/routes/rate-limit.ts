/** Limits how often one client may write: a token bucket per client network, in memory. */
import { createMiddleware } from "hono/factory";
import type { RequestEnv } from "./deps.ts";
import { Problem } from "./problem.ts";

/** Requests at once: a household or an office whose devices all start again after a power cut. */
export const BURST = 60;
/** Then one a second: a device registers once and renews at each start, a script tests by hand. */
export const PER_SECOND = 1;
/** Networks remembered: some 2 MB. The one that was quiet longest goes first. */
export const NETWORKS = 20_000;

const WRITING = new Set(["POST", "PUT", "DELETE", "PATCH"]);

interface Bucket {
	tokens: number;
	at: number;
}

/**
 * Takes one token of a key's bucket.
 * @returns 0 when there was one, else the seconds until there is one
 */
export function createBuckets(now: () => number): (key: string) => number {
	const buckets = new Map<string, Bucket>();
	return (key) => {
		const at = now();
		const bucket = buckets.get(key) ?? { tokens: BURST, at };
		// A clock that was set back takes no tokens away.
		const elapsed = Math.max(0, at - bucket.at) / 1000;
		const tokens = Math.min(BURST, bucket.tokens + elapsed * PER_SECOND);
		const allowed = tokens >= 1;
		// Set anew, so that the map's order is the order of use.
		buckets.delete(key);
		buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at });
		const oldest = buckets.size > NETWORKS ? buckets.keys().next().value : undefined;
		if (oldest !== undefined) buckets.delete(oldest);
		return allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / PER_SECOND));
	};
}

/** The middleware; where the runtime does not say who asks, all share one bucket. */
export function rateLimit(now: () => number) {
	const take = createBuckets(now);
	return createMiddleware<RequestEnv>(async (c, next) => {
		const seconds = WRITING.has(c.req.method) ? take(c.get("clientNetwork") ?? "") : 0;
		if (seconds > 0) {
			throw new Problem("too-many-requests", `Too many requests from your network: wait ${seconds} s.`, {
				headers: { "Retry-After": String(seconds) },
			});
		}
		await next();
	});
}
