/**
 * Stanza errors (RFC 6120 §8.3), and what an answer says to the server that published.
 *
 * ejabberd's mod_push deletes the user's registration on any error whose type is not `wait`, whatever the
 * condition; Prosody drops it after sixteen of them. So nothing but a registration known to be gone is ever
 * answered with another type to a publish.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { Answer } from "../types.ts";
import { NS } from "./namespaces.ts";

export type ErrorType = "cancel" | "wait" | "modify" | "auth";

/**
 * An `<error/>` with an optional sentence for people.
 * @param specific a condition of the application's own (RFC 6120 §8.3.4)
 */
export function stanzaError(type: ErrorType, condition: string, text?: string, specific?: Element): Element {
	return xml(
		"error",
		{ type },
		xml(condition, { xmlns: NS.stanzaErrors }),
		...(text ? [xml("text", { xmlns: NS.stanzaErrors, "xml:lang": "en" }, text)] : []),
		...(specific ? [specific] : []),
	);
}

/** The reply to a publish: undefined is the empty result. */
export function answerToPublish(answer: Answer): Element | undefined {
	switch (answer.kind) {
		case "done":
			return undefined;
		case "unknown":
			// No text: a wrong secret, an unknown node and a dead device look the same from outside.
			return stanzaError("cancel", "item-not-found");
		case "refused":
		case "wait":
			// Not resource-constraint or recipient-unavailable: Tigase deletes on these by their name alone.
			return stanzaError("wait", "internal-server-error", answer.reason);
	}
}
