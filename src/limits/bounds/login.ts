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
} as const satisfies Bounds;
