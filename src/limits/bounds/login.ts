/** What a server may ask of us while we log in to it. */
import type { Bounds } from "./bound.ts";

export const loginBounds = {
	certificateTime: {
		is: 5_000,
		unit: "milliseconds",
		what: "The time that a look at a server's certificate, or at why it takes no connection, may take",
		beyond: "Nothing is said of it.",
	},
	hostMeta: {
		is: 64 * 1024,
		unit: "bytes",
		what: "A domain's list of the ways to its XMPP server (`/.well-known/host-meta`, XEP-0156)",
		beyond: "The list is not taken.",
	},
	hostMetaTime: {
		is: 8_000,
		unit: "milliseconds",
		what: "The time that it may take to get that list",
		beyond: "It is asked for again at the next try to connect.",
	},
	hostMetaRedirects: {
		is: 3,
		unit: "redirects",
		what: "Redirects on the way to that list, all to https://",
		beyond: "The list is not taken.",
	},
	hostMetaLinks: {
		is: 4,
		unit: "addresses",
		what: "Addresses (`wss://`) in that list, of which each try to connect takes the next",
		beyond: "The rest is not read.",
	},
	mechanisms: {
		is: 64,
		unit: "mechanisms",
		what: "The ways to log in (SASL mechanisms) that a server offers",
		beyond: "The rest is not read.",
	},
	challenge: {
		is: 4096,
		unit: "characters",
		what: "What a server says in one step of a login (SASL), in base64",
		beyond: "The login fails, and is tried again some minutes later.",
	},
	iterations: {
		least: 4096,
		is: 2_000_000,
		unit: "iterations",
		what: "How often the password is hashed for a login (SCRAM)",
		beyond: "The login fails, and is tried again some minutes later.",
	},
	resumptionId: {
		is: 4000,
		unit: "characters",
		what: "The id by which a session can be resumed (XEP-0198)",
		beyond: "The session is not resumed after a loss of the connection.",
	},
	holderAnswer: {
		is: 3_000,
		unit: "milliseconds",
		what: "How long another session that has our account's address may take to say which database it serves",
		beyond: "The address is taken.",
	},
	takenBack: {
		is: 4,
		unit: "times an hour",
		what: "How often an account's address is taken back from other sessions",
		beyond: "It is left to them until the hour is over.",
	},
} as const satisfies Bounds;
