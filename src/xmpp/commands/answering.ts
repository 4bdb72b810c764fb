/** How what users ask for is answered when it cannot be done, and when it is begun. */
import xml, { type Element } from "@xmpp/xml";
import { NS } from "../namespaces.ts";
import { stanzaError } from "../stanza-errors.ts";
import type { CommandError } from "./command.ts";

/** Where nobody says when the next turn of the event loop is. */
export const nextTimer = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

export function errorOf({ type, condition, message, specific }: CommandError): Element {
	const isPayload = condition === "bad-request";
	return stanzaError(
		type,
		condition,
		message,
		specific ?? (isPayload ? xml("bad-payload", { xmlns: NS.commands }) : undefined),
	);
}
