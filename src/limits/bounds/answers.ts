/** How much is read of what others answer us: push services, key servers, the database. */
import type { Bounds } from "./bound.ts";

export const answerBounds = {
	pushService: {
		is: 4096,
		unit: "bytes",
		what: "The answer of a push service to a push",
		beyond: "The rest is not read.",
	},
	pushServiceTime: {
		is: 2_000,
		unit: "milliseconds",
		what: "The time that the text of such an answer may take, once its status is there",
		beyond: "The rest is not read.",
	},
	retryAfter: {
		is: 24 * 60 * 60,
		unit: "seconds",
		what: "How long a push service may ask us to wait (`Retry-After`)",
		beyond: "We wait so long.",
	},
	accessTokenTime: {
		is: 15_000,
		unit: "milliseconds",
		what: "The time that an access token may take to come",
		beyond: "The request fails, and is tried again later.",
	},
	accessToken: {
		is: 64 * 1024,
		unit: "bytes",
		what: "The answer of a push service to a request for an access token",
		beyond: "The request fails, and is tried again later.",
	},
	keys: {
		is: 256 * 1024,
		unit: "bytes",
		what: "The keys at `REGISTRATION_JWKS_URL`",
		beyond: "They are not taken. The URL is left alone for a while, as after any failure there.",
	},
	keysRest: {
		is: 5_000,
		unit: "milliseconds",
		what: "Rest after a failure at `REGISTRATION_JWKS_URL`",
		beyond: "The URL is asked again, with the next registration.",
	},
	database: {
		is: 16 * 1024 * 1024,
		unit: "bytes",
		what: "An answer of a database server",
		beyond: "The question fails, as when the server is away.",
	},
	databaseAtEdge: {
		is: 4 * 1024 * 1024,
		unit: "bytes",
		what: "An answer of a database server to an edge worker, which has little memory",
		beyond: "The question fails, as when the server is away.",
	},
	databaseFault: {
		is: 500,
		unit: "characters",
		what: "What is repeated of a database's own words for a failure",
		beyond: "It is cut.",
	},
	addresses: {
		is: 8,
		unit: "addresses",
		what: "Addresses of a push service that a client chose",
		beyond: "All are checked, and the others are not connected to.",
	},
	clocks: {
		is: 16,
		unit: "hosts",
		what: "Push services and XMPP servers whose clock differs from ours, and of which it is told",
		beyond: "The others are not told of.",
	},
	addressesKept: {
		is: 2_000,
		unit: "hosts",
		what: "Hosts of which it is remembered which address takes connections",
		beyond: "Those that were pushed to longest ago are found out anew.",
	},
} as const satisfies Bounds;
