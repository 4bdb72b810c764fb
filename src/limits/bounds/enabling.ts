/** What enabling push for one's own users costs, and how long it is tried. */
import type { Bounds } from "./bound.ts";

export const enablingBounds = {
	domains: {
		is: 1_000,
		unit: "domains",
		what: "Domains that `XMPP_ENABLE_FOR` lists",
		beyond: "The start says so, and Reveille does not run.",
	},
	perOwner: {
		is: 100,
		unit: "registrations",
		what: "Registrations of one own user that are enabled at its server, or that the server is still to be told of",
		beyond: "Another device is refused.",
	},
	answer: {
		is: 5,
		unit: "seconds",
		what: "How long an answer to a device waits for the user's server, when push is enabled or disabled there",
		beyond: "The answer says `waiting`, and it is tried again.",
	},
	look: {
		is: 200,
		unit: "registrations",
		what: "Registrations whose servers are asked in one look, each five seconds",
		beyond: "Further ones come with the next look.",
	},
	waitingDays: {
		is: 7,
		unit: "days",
		what: "How long enabling is tried at a server that does not give the permission, or does not answer",
		beyond: "It counts as refused: the device has to register again.",
	},
	endingDays: {
		is: 30,
		unit: "days",
		what: "How long disabling is tried likewise, when the registration has ended",
		beyond: "It is given up, and the log says so. The server hears of the end when it next publishes.",
	},
	reason: {
		is: 200,
		unit: "characters",
		what: "What is kept of why a user's server did not enable push",
		beyond: "It is cut.",
	},
	privileges: {
		is: 32,
		unit: "elements",
		what: "Elements that are read of a server's message about its permissions (XEP-0356)",
		beyond: "The rest is not read.",
	},
} as const satisfies Bounds;
