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
	tigaseBody: {
		is: 8 * 1024,
		unit: "bytes",
		what: "The body of a request to Tigase's API",
		beyond: "It is refused with status 413.",
	},
	anyBody: {
		is: 1024 * 1024,
		unit: "bytes",
		what: "The body of any request",
		beyond: "It is refused with status 413 before it is looked at.",
	},
	bodyTime: {
		is: 10_000,
		unit: "milliseconds",
		what: "The time that a body may take to come",
		beyond: "It is refused with status 400, and the connection is closed.",
	},
	idleTime: {
		is: 120,
		unit: "seconds",
		what: "The time that a connection may be silent",
		beyond: "It is closed.",
	},
	tokenField: {
		is: 4096,
		unit: "characters",
		what: "An endpoint or a token in the JSON API, before its push service looks at it",
		beyond: "The request is refused with status 422.",
	},
	deviceName: {
		is: 100,
		unit: "characters",
		what: "The name of a device in the JSON API",
		beyond: "The request is refused with status 422.",
	},
	webAppServers: {
		is: 100,
		unit: "domains",
		what: "Domains in `WEB_APP_SERVERS`, which each page of the web app loads",
		beyond: "The start fails and says so.",
		setting: "WEB_APP_SERVERS",
	},
	pageRows: {
		is: 100,
		unit: "registrations",
		what: "Registrations on one of the operator's pages",
		beyond: "A link leads to the next ones.",
	},
	rememberedNetworks: {
		is: 20_000,
		unit: "names",
		what: "Networks, accounts or domains whose rate is remembered",
		beyond: "Those that were quiet longest are forgotten.",
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
