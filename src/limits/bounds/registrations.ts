/** Who may have how many registrations, how large one is, and how often one is made. */
import type { Bounds } from "./bound.ts";

export const registrationBounds = {
	jid: {
		is: 512,
		unit: "bytes",
		what: "The owner of a registration, and the room that it is for",
		beyond: "Registering is refused with `not-acceptable`.",
	},
	perOwner: {
		is: 50,
		unit: "registrations",
		what: "Registrations of one account",
		beyond: "Another device is refused.",
	},
} as const satisfies Bounds;
