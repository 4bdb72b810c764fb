/** What the console's page waits for, reads and keeps. */
import type { Bounds } from "./bound.ts";

export const consolePageBounds = {
	answerTime: {
		is: 30_000,
		unit: "milliseconds",
		what: "The time that an answer of Reveille may take: a test push waits for its push service",
		beyond: "The page says that Reveille does not answer, and goes on asking where it shows numbers.",
	},
	problem: {
		is: 500,
		unit: "characters",
		what: "What the page shows of why something is refused",
		beyond: "It is cut.",
	},
	events: {
		is: 200,
		unit: "rows",
		what: "Events that the live page of what happened keeps, and as many that came while it was paused",
		beyond: "The oldest leave the page: the older pages have them.",
	},
	typed: {
		is: 512,
		unit: "characters",
		what: "What an operator types to look for a registration or an event",
		beyond: "The field takes no more.",
	},
	barReason: {
		is: 200,
		unit: "characters",
		what: "The reason that is typed when somebody is barred",
		beyond: "The field takes no more.",
	},
	inviteName: {
		is: 100,
		unit: "characters",
		what: "The name that is typed for an invite",
		beyond: "The field takes no more.",
	},
	address: {
		is: 512,
		unit: "characters",
		what: "A bare JID or a domain that is typed, to bar it or to invite it",
		beyond: "The field takes no more.",
	},
} as const satisfies Bounds;
