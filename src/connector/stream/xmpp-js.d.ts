/* What xmpp.js does not type, as far as it is used here. */

declare module "@xmpp/websocket" {
	import type { Client } from "@xmpp/client-core";
	/** Adds the WebSocket transport to a client. */
	export default function websocket(parts: { entity: Client }): void;
}

declare module "@xmpp/websocket/lib/Socket.js" {
	/** A WebSocket with the events that xmpp.js listens to. */
	export default class Socket {
		url: string | null;
		/** Whether nobody on the way can read it. */
		secure: boolean;
		connect(url: string): void;
		_attachSocket(socket: WebSocket): void;
	}
}
