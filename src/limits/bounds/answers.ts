/** How much is read of what others answer us: push services, key servers, the database. */
import type { Bounds } from "./bound.ts";

export const answerBounds = {
	pushService: {
		is: 4096,
		unit: "bytes",
		what: "The answer of a push service to a push",
		beyond: "The rest is not read.",
	},
	accessToken: {
		is: 64 * 1024,
		unit: "bytes",
		what: "The answer of a push service to a request for an access token",
		beyond: "The request fails, and is tried again later.",
	},
	addresses: {
		is: 8,
		unit: "addresses",
		what: "Addresses of a push service that a client chose",
		beyond: "All are checked, and the others are not connected to.",
	},
	addressesKept: {
		is: 2_000,
		unit: "hosts",
		what: "Hosts of which it is remembered which address takes connections",
		beyond: "Those that were pushed to longest ago are found out anew.",
	},
} as const satisfies Bounds;
