/** What the web app keeps in a browser, and what it shows of a push. */
import type { Bounds } from "./bound.ts";

export const webWorkerBounds = {
	devices: {
		is: 100,
		unit: "devices",
		what: "Devices that one browser keeps: one for each account",
		beyond: "One that ended makes room. Where there is none, the set-up fails and says so.",
	},
	name: {
		is: 100,
		unit: "characters",
		what: "The name of a device that a browser keeps",
		beyond: "It is cut.",
	},
	senders: {
		is: 50,
		unit: "senders",
		what: "Senders of one account whose unread messages are counted apart",
		beyond: "The messages of further ones count together.",
	},
	unread: {
		is: 9_999,
		unit: "messages",
		what: "Unread messages that are counted for one sender",
		beyond: "The count stays.",
	},
	title: {
		is: 120,
		unit: "characters",
		what: "What a notification shows of the name of a sender or of an account",
		beyond: "It is cut.",
	},
	body: {
		is: 400,
		unit: "characters",
		what: "What a notification shows of a message's text",
		beyond: "It is cut.",
	},
	encrypted: {
		is: 4_096,
		unit: "characters",
		what: "What the user's server encrypted for the browser, in base64",
		beyond: "It is not decrypted: the push is shown as a new message.",
	},
	storeTime: {
		is: 3_000,
		unit: "milliseconds",
		what: "The time that the browser's database may take before a push is shown",
		beyond: "The push is shown by what it says itself.",
	},
	testTime: {
		is: 120_000,
		unit: "milliseconds",
		what: "The time that a test push is waited for in the browser",
		beyond: "The push is shown as a message.",
	},
} as const satisfies Bounds;
