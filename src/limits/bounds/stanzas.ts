/** How much of a stanza is read, and how much is ever sent. */
import type { Bounds } from "./bound.ts";

export const stanzaBounds = {
	taken: {
		is: 1024 * 1024,
		unit: "characters",
		what: "A stanza that is read",
		beyond: "It is skipped, and counts as handled. No answer is sent.",
	},
	hostAnswerTaken: {
		is: 16 * 1024 * 1024,
		unit: "characters",
		what: "An answer of a pubsub host to a request of ours",
		beyond: "It is skipped, and the request fails.",
	},
	id: {
		is: 1024,
		unit: "characters",
		what: "The id of a stanza that is answered",
		beyond: "The stanza is not answered.",
	},
	quoted: {
		is: 100,
		unit: "characters",
		what: "What an error text repeats of the input",
		beyond: "It is cut.",
	},
	sent: {
		is: 63 * 1024,
		unit: "bytes",
		what: "A stanza that is sent, where the server announced no smaller limit (XEP-0478)",
		beyond: "A publish is answered with `wait`/`internal-server-error` instead; any other request too.",
	},
	listed: {
		is: 30 * 1024,
		unit: "bytes",
		what: "The registrations that the answer to a command lists",
		beyond: "The oldest are left out, and the answer says how many.",
	},
	fields: {
		is: 32,
		unit: "fields",
		what: "Fields of a command's form",
		beyond: "The command is refused with `bad-request`.",
	},
	values: {
		is: 64,
		unit: "values",
		what: "Values of one field of a command's form",
		beyond: "The command is refused with `bad-request`.",
	},
	value: {
		is: 4096,
		unit: "characters",
		what: "One value of a command's form",
		beyond: "The command is refused with `bad-request`.",
	},
	sessionId: {
		is: 128,
		unit: "characters",
		what: "The session id of a command",
		beyond: "The command is refused with `bad-sessionid`.",
	},
} as const satisfies Bounds;
