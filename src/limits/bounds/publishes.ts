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
} as const satisfies Bounds;
