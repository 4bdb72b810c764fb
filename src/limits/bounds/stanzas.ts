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
	parts: {
		is: 4096,
		unit: "elements and attributes",
		what: "Elements and attributes of a stanza",
		beyond: "The stanza is not acted on. A request is answered with `wait`/`bad-request`.",
	},
	hostAnswerParts: {
		is: 1_000_000,
		unit: "elements and attributes",
		what: "Elements and attributes of a pubsub host's answer to a request of ours",
		beyond: "The request fails.",
	},
	text: {
		is: 32 * 1024,
		unit: "characters",
		what: "One text, or one value of an attribute, in a stanza",
		beyond: "It is cut.",
	},
	tag: {
		is: 64 * 1024,
		unit: "characters",
		what: "One tag in a stanza, with its attributes",
		beyond: "The stanza is not acted on. Where it is the stanza's own tag, it is not answered either.",
	},
	texts: {
		is: 128 * 1024,
		unit: "characters",
		what: "All texts and values of attributes of a stanza, after each was cut",
		beyond: "The stanza is not acted on. A request is answered with `wait`/`bad-request`.",
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
	address: {
		is: 3071,
		unit: "characters",
		what: "The sender and the recipient of a stanza that is answered: no JID is longer (RFC 7622)",
		beyond: "The stanza is not answered.",
	},
	listedAddress: {
		is: 256,
		unit: "characters",
		what: "Our address in the list of commands, as it was written to",
		beyond: "The domain alone is named.",
	},
	listedNames: {
		is: 3200,
		unit: "characters",
		what: "The devices' names together, where a user asks for the list of registrations",
		beyond: "Each name is cut to an equal part.",
	},
	notice: {
		is: 600,
		unit: "bytes",
		what: "A message to an owner's server that a registration ended",
		beyond: "It is not sent: the server hears of the end when it next publishes.",
	},
	sameValue: {
		is: 64,
		unit: "characters",
		what: "What another session of our own says of its database (`<same xmlns='urn:reveille:0'>`)",
		beyond: "It is cut, and so is never our own value.",
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
	unacknowledged: {
		is: 10_000,
		unit: "stanzas",
		what: "Stanzas of ours that a server did not acknowledge (XEP-0198)",
		beyond: "The oldest are not sent again after a loss of the connection.",
	},
	unacknowledgedBytes: {
		is: 16 * 1024 * 1024,
		unit: "bytes",
		what: "All of them together",
		beyond: "The oldest are not sent again after a loss of the connection.",
	},
	commandsPerTurn: {
		is: 4,
		unit: "commands",
		what: "Commands that begin in one turn of the event loop",
		beyond: "Further ones begin in the next turns.",
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
