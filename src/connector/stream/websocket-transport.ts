/**
 * XMPP over WebSocket, as xmpp.js has it, with a say in which certificates are good.
 *
 * Bun's WebSocket makes a call of the system for each message, and so for each stanza (RFC 7395). One in JavaScript that
 * writes once a turn was tried, with Bun 1.4.5: out and in, a message took 1.9 µs of the CPU in place of 5.7 where
 * sixteen leave in a turn, 4.6 in place of 7.2 where four do, and 14 in place of 10 where one does. xmpp.js takes half a
 * µs for its promises around it.
 */
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
