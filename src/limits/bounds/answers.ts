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
} as const satisfies Bounds;
