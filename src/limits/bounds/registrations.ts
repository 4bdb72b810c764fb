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
	testPushes: {
		is: { burst: 5, perSecond: 0.1 },
		unit: "test pushes",
		what: "One account, by the command `test-push`",
		beyond: "A further one is refused with `wait`, and the answer says for how long.",
	},
	domainTestPushes: {
		is: { burst: 100, perSecond: 1 },
		unit: "test pushes",
		what: "All accounts of one registrable domain, by the command `test-push`",
		beyond: "A further one is refused with `wait`, and the answer says for how long.",
	},
} as const satisfies Bounds;
