/** In whose form a push is: ours, or the one of the app server that the client was written for. */
import type { App, Dialect, PayloadForm, Registration } from "../types.ts";

/** What the clients of a dialect read; those of the others read nothing in particular. */
const EXPECTED: Readonly<Partial<Record<Dialect, PayloadForm>>> = {
	p2: "conversations",
	tigase: "siskin",
	fluux: "fluux",
};

/**
 * @param setting the app's
 * @param other the form that the push service has beside ours
 */
export function payloadForm<Other extends PayloadForm>(
	setting: App["payload"],
	{ dialect, owner }: Registration,
	other: Other,
): Other | "reveille" {
	// The other forms name the account, which nobody knows of what registered over HTTP.
	if (owner === "" || setting === "reveille") return "reveille";
	return setting === other || (dialect !== undefined && EXPECTED[dialect] === other) ? other : "reveille";
}
