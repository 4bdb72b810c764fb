/* What xmpp.js does not type, as far as it is used here. */

declare module "@xmpp/websocket" {
	import type { Client } from "@xmpp/client-core";
	/** Adds the WebSocket transport to a client. */
	export default function websocket(parts: { entity: Client }): void;
}
