/** The stream that a connection has open now, if it has one. */
import type { Element } from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import type { XmppStream } from "../stream/stream.ts";

export interface CurrentStream {
	get(): XmppStream | undefined;
	/** How large a stanza may be that we send, bytes: as the latest stream has it. */
	mostBytes(): number;
	opened(stream: XmppStream): void;
	ended(): void;
	/** Without a stream it comes to nothing. */
	send(element: Element): void;
	/** Cuts the connection, if there is one. */
	drop(): void;
}

export function createCurrentStream(): CurrentStream {
	let stream: XmppStream | undefined;
	let mostBytes: number = stanzaBounds.sent.is;

	return {
		get: () => stream,
		mostBytes: () => mostBytes,
		opened(fresh) {
			stream = fresh;
			mostBytes = fresh.mostBytes;
		},
		ended() {
			stream = undefined;
		},
		send: (element) => stream?.send(element),
		drop: () => stream?.drop(),
	};
}
