/**
 * Stanzas over WebSocket: each message is one whole element (RFC 7395 §3.3.3). The parser of xmpp.js throws at what is
 * no XML and is of no use afterwards, and waits for the end of what was not closed: all that comes later would be taken
 * for a part of that, while the connection seems to live.
 */
import type { Client } from "@xmpp/client-core";
import type { Parser } from "@xmpp/xml";
import { createRestriction, LONGEST_STANZA, type ReadFault, withoutDeclaration } from "./stanza-parser.ts";

/** What xmpp.js does not type: it is called with each message, from the connection's start on. */
interface Reading {
	_onData(data: unknown): void;
	parser: Parser | null;
}

/**
 * To be called before the client connects.
 * @param onFault called when nothing more can be read
 */
export function readWholeStanzas(entity: Client, onFault: (fault: ReadFault) => void): void {
	const reading = entity as unknown as Reading;
	const read = reading._onData.bind(entity);
	let isWhole = false;
	for (const event of ["open", "element", "close"] as const) {
		entity.on(event, () => {
			isWhole = true;
		});
	}

	/** @returns what is wrong with a message; undefined: it was read */
	function fault(data: string): ReadFault | undefined {
		if (data.length > LONGEST_STANZA) return "policy-violation";
		// The parser takes blanks around an element for a text in the wrong place.
		const message = withoutDeclaration(data).trim();
		// Some servers send blanks to find out whether the connection lives.
		if (message === "") return undefined;
		// Each by itself: what one leaves open says nothing of the next.
		if (createRestriction()(message)) return "restricted-xml";
		isWhole = false;
		try {
			read(message);
		} catch {
			return "not-well-formed";
		}
		return isWhole && !reading.parser?.cursor ? undefined : "not-well-formed";
	}

	reading._onData = (data) => {
		const found = reading.parser ? fault(String(data)) : undefined;
		if (found) onFault(found);
	};
}
