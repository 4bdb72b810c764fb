/** What is kept of a publish. */
import type { Bounds } from "./bound.ts";

export const publishBounds = {
	text: {
		is: 5 * 1024,
		unit: "bytes",
		what: "The message text of a publish",
		beyond: "It is cut at a character: no push carries more.",
	},
	encrypted: {
		is: 5 * 1024,
		unit: "bytes",
		what: "The encrypted content of a publish",
		beyond: "It is left out, and the push is a plain wake-up.",
	},
	encryptedParameters: {
		is: 512,
		unit: "bytes",
		what: "The initialisation vector and the type of encrypted content together",
		beyond: "The encrypted content is left out, and the push is a plain wake-up.",
	},
	sender: {
		is: 1024,
		unit: "bytes",
		what: "The sender that a publish names",
		beyond: "It is left out.",
	},
	nickname: {
		is: 1024,
		unit: "bytes",
		what: "The nickname that a publish names",
		beyond: "It is cut at a character.",
	},
	event: {
		is: 128,
		unit: "characters",
		what: "The event of the account that a publish names",
		beyond: "It is cut.",
	},
	node: {
		is: 4096,
		unit: "characters",
		what: "The node of a publish: where an app lists a `push_module`, a device's token",
		beyond: "The publish is answered with `wait`/`bad-request`.",
	},
	secret: {
		is: 1024,
		unit: "characters",
		what: "The secret of a publish",
		beyond: "It is cut, and so it is wrong.",
	},
	pushModule: {
		is: 256,
		unit: "characters",
		what: "The `pushModule` of a publish",
		beyond: "It is cut, and so it is nobody's.",
	},
} as const satisfies Bounds;
