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
	problems: {
		is: 10,
		unit: "problems",
		what: "Problems that the answer to one request names",
		beyond: "The others are not named; of unknown fields it says how many there are.",
	},
	fieldName: {
		is: 40,
		unit: "characters",
		what: "What an answer repeats of the name of an unknown field",
		beyond: "It is cut.",
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
