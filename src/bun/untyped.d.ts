/* What xmpp.js does not type, as far as it is used here. */

declare module "@xmpp/websocket" {
	import type { Client } from "@xmpp/client-core";
	/** Adds the WebSocket transport to a client. */
	export default function websocket(parts: { entity: Client }): void;
}

declare module "@xmpp/sasl-plain" {
	import type Factory from "saslmechanisms";
	export default function plain(factory: Factory): void;
}

declare module "@xmpp/sasl-scram-sha-1" {
	import type Factory from "saslmechanisms";
	export default function scramSha1(factory: Factory): void;
}
