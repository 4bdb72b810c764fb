/** XMPP over WebSocket, as xmpp.js has it, with a say in which certificates are good. */
import type { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import Socket from "@xmpp/websocket/lib/Socket.js";
import type { Tls } from "../server/trust.ts";

/**
 * Adds the transport to a client.
 * @param tls undefined: certificates are checked as always
 */
export function addWebSocket(entity: Client, tls: Tls | undefined): void {
	websocket({ entity });
	if (!tls) return;
	class TrustingSocket extends Socket {
		override connect(url: string): void {
			this.url = url;
			this.secure = true;
			// The browsers' types know no such options.
			const options: Bun.WebSocketOptions = { protocols: ["xmpp"], ...(tls && { tls }) };
			this._attachSocket(new WebSocket(url, options as unknown as string[]));
		}
	}
	const { transports } = entity as unknown as { transports: { prototype: object }[] };
	const [Plain] = transports.splice(0);
	if (!Plain) return;
	const prototype = Object.create(Plain.prototype, { Socket: { value: TrustingSocket } });
	transports.push({ prototype });
}
