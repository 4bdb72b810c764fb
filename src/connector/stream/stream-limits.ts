/** How large a stanza a server takes, as its stream features say (XEP-0478). */
import type { Element } from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";

/** XEP-0478 */
const NS_LIMITS = "urn:xmpp:stream-limits:0";
/** A server takes no less (RFC 6120 §13.12). */
const LEAST_TAKEN = 10_000;
/** Left free below what a server takes: it may count what we do not. */
const SPARE = 1024;

/** The longest stanza that the server says it takes, bytes. */
export function mostBytesSaid(features: Element | undefined): number | undefined {
	const said = features?.getChild("limits", NS_LIMITS)?.getChildText("max-bytes")?.trim() ?? "";
	return /^\d{1,15}$/.test(said) ? Number(said) : undefined;
}

/** How large a stanza may be that we send, bytes: less than the server says that it takes. */
export function mostBytesTaken(features: Element | undefined): number {
	const said = mostBytesSaid(features);
	if (said === undefined) return stanzaBounds.sent.is;
	return Math.min(stanzaBounds.sent.is, Math.max(said, LEAST_TAKEN) - SPARE);
}
