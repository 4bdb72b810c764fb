/** Who may have how many registrations, how large one is, and how often one is made. */
import type { Bounds } from "./bound.ts";

export const registrationBounds = {
	jid: {
		is: 512,
		unit: "bytes",
		what: "The owner of a registration, and the room that it is for",
		beyond: "Registering is refused with `not-acceptable`.",
	},
	lastError: {
		is: 200,
		unit: "characters",
		what: "What is kept of why the latest push failed",
		beyond: "It is cut.",
	},
	perAddress: {
		is: 1_000,
		unit: "registrations",
		what: "Registrations over HTTP from one network: an IPv4 address or an IPv6 /64",
		beyond: "Another one is refused with status 429.",
		setting: "MAX_REGISTRATIONS_PER_ADDRESS",
	},
	perHost: {
		is: 10_000,
		unit: "registrations",
		what: "Registrations at one push service that is no browser's own and that `WEBPUSH_ALLOW_HOSTS` does not name",
		beyond:
			"Another one takes the place of the oldest that was pushed to and never reached. Where there is none it is refused.",
		setting: "MAX_REGISTRATIONS_PER_HOST",
	},
	share: {
		is: 0.1,
		unit: "of them",
		what: "Of these, those of one registrable domain, over HTTP of one /24 (IPv6: /48)",
		beyond: "Another one is refused.",
		setting: "MAX_REGISTRATIONS_PER_HOST",
	},
	perOwner: {
		is: 50,
		unit: "registrations",
		what: "Registrations of one account",
		beyond: "Another device is refused.",
	},
} as const satisfies Bounds;
