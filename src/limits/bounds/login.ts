/** What a server may ask of us while we log in to it. */
import type { Bounds } from "./bound.ts";

export const loginBounds = {
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
