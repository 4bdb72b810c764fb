/**
 * How large a stanza of ours is. Servers end the stream at one that is larger than they take (RFC 6120 §13.12), and
 * with it all that waits for an answer.
 */
import type { Element, Node } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { bytesOf } from "../limits/text-length.ts";
import { stanzaError } from "./stanza-errors.ts";

/** No character takes more bytes: `"` is written `&quot;`, and one of three bytes is one UTF-16 unit. */
const BYTES_PER_UNIT = 6;

/** The most bytes that an element takes, from the lengths of its parts: to write it out costs more. */
export function mostBytesOf({ name, attrs, children }: Element): number {
	// <name></name>
	let bytes = 2 * name.length + 5;
	for (const key in attrs) bytes += key.length + 4 + BYTES_PER_UNIT * String(attrs[key] ?? "").length;
	for (const child of children) bytes += mostBytesOfNode(child);
	return bytes;
}

const mostBytesOfNode = (node: Node): number =>
	typeof node === "object" ? mostBytesOf(node) : BYTES_PER_UNIT * String(node).length;

/** @param most as {@link mostBytesOf} says, where it is known already */
export function fits(stanza: Element, bytes: number, most = mostBytesOf(stanza)): boolean {
	return most <= bytes || bytesOf(String(stanza)) <= bytes;
}

/**
 * What is sent in place of an answer that is too large: no server counts such an error against its users.
 * @param answer an IQ
 * @returns undefined: the addresses alone are too large
 */
export function refusalInPlaceOf(answer: Element, bytes: number): Element | undefined {
	const { id, to, from } = answer.attrs;
	const text = "The answer is larger than this connection takes.";
	const refusal = xml(
		"iq",
		{ type: "error", id, to, from },
		stanzaError("wait", "internal-server-error", text),
	);
	return fits(refusal, bytes) ? refusal : undefined;
}
