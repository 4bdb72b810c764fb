/** What the web app's page waits for and reads, while it sets a device up. */
import type { Bounds } from "./bound.ts";

export const webKitBounds = {
	connectTime: {
		is: 8_000,
		unit: "milliseconds",
		what: "The time that a WebSocket to one of a server's addresses may take to open",
		beyond: "The next address is tried.",
	},
	loginTime: {
		is: 20_000,
		unit: "milliseconds",
		what: "The time that a login may take in all",
		beyond: "It fails.",
	},
	unread: {
		is: 8,
		unit: "elements",
		what: "Elements that a server sends during a login before they are waited for",
		beyond: "The connection is closed.",
	},
	answerTime: {
		is: 15_000,
		unit: "milliseconds",
		what: "The time that the answer to a request may take, over XMPP or HTTP",
		beyond: "The request fails.",
	},
	publishTime: {
		is: 30_000,
		unit: "milliseconds",
		what: "The time that the answer to a test push may take: it can be held back for `PUSH_INTERVAL_MS`",
		beyond: "The test push fails.",
	},
	closeTime: {
		is: 2_000,
		unit: "milliseconds",
		what: "The time that a server may take to close the stream too",
		beyond: "The connection is closed without it.",
	},
	apiAnswer: {
		is: 64 * 1024,
		unit: "bytes",
		what: "An answer of Reveille's JSON API",
		beyond: "It counts as no answer.",
	},
	reason: {
		is: 300,
		unit: "characters",
		what: "What is shown of a server's own words",
		beyond: "It is cut.",
	},
} as const satisfies Bounds;
