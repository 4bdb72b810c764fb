/** Limits how often one client may write. */
import { createMiddleware } from "hono/factory";
import { createBuckets, type Rate } from "../buckets.ts";
import type { RequestEnv } from "./deps.ts";
import { Problem } from "./problem.ts";

/**
 * At once: a household or an office whose devices all start again after a power cut. Then one a second: a device
 * registers once and renews at each start, a script tests by hand.
 */
export const WRITES: Rate = { burst: 60, perSecond: 1 };

const WRITING = new Set(["POST", "PUT", "DELETE", "PATCH"]);

/** The middleware; where the runtime does not say who asks, all share one bucket. */
export function rateLimit(now: () => number) {
	const networks = createBuckets(WRITES, now);
	return createMiddleware<RequestEnv>(async (c, next) => {
		const ms = WRITING.has(c.req.method) ? networks.take(c.get("clientNetwork") ?? "") : 0;
		if (ms > 0) {
			const seconds = Math.ceil(ms / 1000);
			throw new Problem("too-many-requests", `Too many requests from your network: wait ${seconds} s.`, {
				headers: { "Retry-After": String(seconds) },
			});
		}
		await next();
	});
}
