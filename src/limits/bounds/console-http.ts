/** How much the console's page may ask, and how often somebody may try to sign in to it. */
import type { Bounds } from "./bound.ts";

export const consoleHttpBounds = {
	body: {
		is: 4096,
		unit: "bytes",
		what: "The body of a request of the console",
		beyond: "It is refused with status 413.",
	},
	wrongTokens: {
		is: 5,
		unit: "tokens in a minute",
		what: "Wrong tokens at the console's sign-in, from one network (an IPv4 address, an IPv6 /64)",
		beyond: "No token of that network is looked at until a minute is over. It is answered with status 429.",
	},
	wrongTokensOfSite: {
		is: 20,
		unit: "tokens in a minute",
		what: "Wrong tokens at the console's sign-in, from all networks of one IPv6 /48",
		beyond: "No token of that /48 is looked at until a minute is over. It is answered with status 429.",
	},
	wrongTokensOfAll: {
		is: 100,
		unit: "tokens in a minute",
		what: "Wrong tokens at the console's sign-in, from everybody",
		beyond: "Each network has one try in a minute in place of its five, so that the operator still gets in.",
	},
	signInNetworks: {
		is: 20_000,
		unit: "networks",
		what: "Networks whose wrong tokens are remembered",
		beyond: "Those that were quiet longest are forgotten.",
	},
	sessionTime: {
		is: 12 * 3600,
		unit: "seconds",
		what: "How long one signs in to the console for",
		beyond: "The page asks for the token again.",
	},
	cookies: {
		is: 10,
		unit: "cookies",
		what: "Cookies of the console's name in one request: pages of neighbouring names can set some",
		beyond: "The first are looked at.",
	},
	signedOut: {
		is: 1000,
		unit: "sessions",
		what: "Sessions of the console that were signed out, and are refused until they would have ended",
		beyond: "The one that ends first is forgotten. Its cookie was deleted in its browser all the same.",
	},
	query: {
		is: 512,
		unit: "characters",
		what: "What one types to find registrations or events, and each other field of the console",
		beyond: "The request is refused with status 422.",
	},
	reason: {
		is: 200,
		unit: "characters",
		what: "The reason that is given for a bar",
		beyond: "The request is refused with status 422.",
	},
	rows: {
		is: 50,
		unit: "rows",
		what: "Registrations or events that one answer of the console has",
		beyond: "The answer says where the next ones begin.",
	},
	rowsOfOne: {
		is: 30,
		unit: "rows",
		what: "Events and other devices that are shown beside one registration",
		beyond: "The newest are shown.",
	},
	recentEvents: {
		is: 500,
		unit: "events",
		what: "Events of this process that the console has beside those of the database, which come there once a minute",
		beyond: "The newest are shown. The others come with their minute.",
	},
	countsKept: {
		is: 600,
		unit: "seconds",
		what: "How long the console and the metrics show the same number of registrations, where counting them takes long",
		beyond: "They are counted again, in pieces.",
	},
	streams: {
		is: 32,
		unit: "streams",
		what: "Pages that are told of events as they happen, of one process",
		beyond: "A further one is refused with status 503, and asks every few seconds instead.",
	},
	streamsOfSession: {
		is: 4,
		unit: "streams",
		what: "The same, of one session",
		beyond: "A further one is refused with status 429.",
	},
	eventsPerSecond: {
		is: 20,
		unit: "events in a second",
		what: "Events that a page is told of as they happen",
		beyond: "Of the others it is told how many there were. It finds them in the list.",
	},
	streamBacklog: {
		is: 64 * 1024,
		unit: "bytes",
		what: "Events that wait for a page which reads slowly",
		beyond: "The stream is closed, and the page opens another one.",
	},
	eventsFromOthers: {
		is: 50,
		unit: "events",
		what: "Events of other processes that a page is told of every half minute",
		beyond: "It finds the others in the list.",
	},
} as const satisfies Bounds;
