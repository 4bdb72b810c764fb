/** How much HTTP clients may send, and how often. */
import type { Bounds } from "./bound.ts";

export const httpBounds = {
	jsonBody: {
		is: 16 * 1024,
		unit: "bytes",
		what: "The body of a request to the JSON API",
		beyond: "It is refused with status 413.",
	},
	formBody: {
		is: 4096,
		unit: "bytes",
		what: "The body of a request to the form API",
		beyond: "It is refused with status 400, as mod_push_appserver does.",
	},
	writes: {
		is: { burst: 60, perSecond: 1 },
		unit: "requests that change something",
		what: "One network: an IPv4 address or an IPv6 /64",
		beyond: "A further request is refused with status 429 and `Retry-After`.",
	},
	siteWrites: {
		is: { burst: 600, perSecond: 10 },
		unit: "requests that change something",
		what: "All networks of one IPv6 /48",
		beyond: "A further request is refused with status 429 and `Retry-After`.",
	},
} as const satisfies Bounds;
