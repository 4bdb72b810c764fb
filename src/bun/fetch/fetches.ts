/** The ways out to push services, each for whom it is made. */
import { type EndpointPolicy, isAnsweredFor } from "../../services/endpoint.ts";
import type { Fetch } from "../../services/exchange.ts";
import type { createServices } from "../../services/services-of-apps.ts";
import { createFirstToConnect } from "./happy-eyeballs.ts";
import { createHttp2Fetch } from "./http2.ts";
import { createPinnedFetch } from "./pinned.ts";
import { plainFetch } from "./plain.ts";
import { type Environment, hasProxy } from "./proxy.ts";

/**
 * Pushes on their way to one app or provider. Bun has 256 requests in flight at most, unless its start was told
 * otherwise (package.json): a provider that hangs must leave room for the others.
 */
export const IN_FLIGHT = Math.floor((Number(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS) || 256) / 8);

/** As services take them. */
type Fetches = Pick<Parameters<typeof createServices>[1], "guardedFetch" | "fetch" | "http2Fetch">;

/**
 * @param options.policy where URLs may lead that clients hand in
 * @param options.watching the same `fetch`, whose answers are looked at for what time they say it is
 */
export function createFetches({
	policy,
	env,
	watching,
}: {
	policy: EndpointPolicy;
	env: Environment;
	watching(fetch: Fetch, counts?: (url: URL) => boolean): Fetch;
}): Fetches {
	// A proxy connects for itself, and may be the only way out.
	const first = hasProxy(env) ? undefined : createFirstToConnect();
	const pinnedFetch = createPinnedFetch({ policy, first });
	const http2Fetch = (certificate?: { cert: string; key: string }) =>
		watching(createHttp2Fetch({ ...certificate, maxConcurrent: IN_FLIGHT }));
	// Apps without a certificate share their connections to Apple.
	const tokenFetch = http2Fetch();
	return {
		guardedFetch: watching(pinnedFetch, (url) => isAnsweredFor(url, policy)),
		fetch: watching(plainFetch),
		http2Fetch: (certificate) => (certificate ? http2Fetch(certificate) : tokenFetch),
	};
}
