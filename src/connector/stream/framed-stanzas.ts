/**
 * Stanzas over WebSocket: each message is one whole element (RFC 7395 §3.3.3). The parser of xmpp.js throws at what is
 * no XML and is of no use afterwards, waits for the end of what was not closed, and reads everything, however much it
 * is.
 */
import type { Client } from "@xmpp/client-core";
import type { Element, Parser } from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import type { ReadFault } from "../../syntax/read-fault.ts";
import { StanzaParser } from "../../syntax/stanza-parser.ts";
import { createStanzaScanner } from "../../xmpp/stanza-scanner.ts";
import { isStanzaHead, readHead } from "./stanza-head.ts";

const NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const LONGEST = stanzaBounds.taken.is;
/** In a shorter message nothing is too long. */
const LONGEST_TAG = stanzaBounds.tag.is;

/** What xmpp.js does not type: it is called with each message, from the connection's start on. */
interface Reading {
	_onData(data: unknown): void;
	parser: Parser | null;
}

export interface FramedStanzas {
	/** A stanza came that is too long to be read. @param head its own tag, with who sent it and its id */
	onSkipped(head: Element): void;
	/** Nothing more can be read. */
	onFault(fault: ReadFault): void;
	/** Whether a stanza answers a request of ours, and so may be longer. */
	isAwaited(head: Element): boolean;
}

/** To be called before the client connects. */
export function readWholeStanzas(entity: Client, { onSkipped, onFault, isAwaited }: FramedStanzas): void {
	const reading = entity as unknown as Reading;
	let isOver = false;
	/** The beginning of the message that is being read. */
	let head: Element | undefined;
	const parser = new StanzaParser(
		{
			// xmpp.js listens to its own parser.
			onElement: (element) => void reading.parser?.emit(eventOf(element), element),
			onSkipped: skip,
			onFault: fault,
			isAwaited,
		},
		{ hasHeader: false, scanner: createStanzaScanner() },
	);

	function fault(found: ReadFault) {
		if (!isOver) onFault(found);
		isOver = true;
	}

	function skip() {
		if (head && isStanzaHead(head)) onSkipped(head);
		else fault("policy-violation");
	}

	reading._onData = (data) => {
		if (!reading.parser || isOver) return;
		const message = String(data);
		head = message.length > LONGEST_TAG ? readHead(message) : undefined;
		// Of what is too long nothing but the beginning is looked at.
		if (message.length > LONGEST && !(head && isAwaited(head))) return skip();
		parser.beginText();
		parser.write(message);
		if (!parser.isWhole()) fault("not-well-formed");
	};
}

/** What the parser of xmpp.js calls it. */
function eventOf(element: Element): "start" | "end" | "element" {
	if (element.is("open", NS_FRAMING)) return "start";
	return element.is("close", NS_FRAMING) ? "end" : "element";
}
