/** Limits how often one client may write. */
import { createMiddleware } from "hono/factory";
import type { Rate } from "../../limits/bounds/bound.ts";
import { httpBounds } from "../../limits/bounds/http.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import type { RequestEnv } from "../deps.ts";
import { Problem } from "../problem.ts";
import { siteOf } from "./client-address.ts";

/**
 * At once: a household or an office whose devices all start again after a power cut. Then one a second: a device
 * registers once and renews at each start, a script tests by hand.
 */
export const WRITES = httpBounds.writes.is;

/**
 * Of the networks of one IPv6 /48 together: whoever has one has 65,536 of them, and would never come back to a bucket
 * that is empty. As many as a mobile network's devices need that share one.
 */
export const SITE_WRITES = httpBounds.siteWrites.is;

const WRITING = new Set(["POST", "PUT", "DELETE", "PATCH"]);

/**
 * The middleware; where the runtime does not say who asks, all share one bucket.
 * @param rates of one network, and of the networks of one IPv6 /48
 */
export function rateLimit(
	now: () => number,
	rates: { network: Rate; site: Rate } = { network: WRITES, site: SITE_WRITES },
) {
	const networks = createBuckets(rates.network, now);
	const sites = createBuckets(rates.site, now);

	/** @returns the ms until there may be another write */
	function take(network: string): number {
		const ms = networks.take(network);
		const site = siteOf(network);
		// One network that writes too much takes nothing from its neighbours.
		return ms > 0 || site === undefined ? ms : sites.take(site);
	}

	return createMiddleware<RequestEnv>(async (c, next) => {
		const ms = WRITING.has(c.req.method) ? take(c.get("clientNetwork") ?? "") : 0;
		if (ms > 0) throw tooMany("from your network", ms);
		await next();
	});
}

/** @param where whose requests they are @param ms until there may be another one */
export function tooMany(where: string, ms: number): Problem {
	const seconds = Math.ceil(ms / 1000);
	return new Problem("too-many-requests", `Too many requests ${where}: wait ${seconds} s.`, {
		headers: { "Retry-After": String(seconds) },
	});
}
