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
} as const satisfies Bounds;
