/** Somebody between a client and its XMPP server, who reads along and changes what the server says. */
import type { ServerWebSocket } from "bun";

export interface WebSocketProxy {
	/** Where clients connect. */
	readonly url: string;
	/** What clients sent, in order. */
	readonly sent: string[];
	stop(): void;
}

interface Link {
	/** The connection to the server, once it is open. */
	server?: Promise<WebSocket>;
}

/**
 * @param target the server's URL
 * @param change makes of each message of the server's what the client gets
 */
export function startWebSocketProxy(target: string, change: (message: string) => string): WebSocketProxy {
	const sent: string[] = [];

	function connect(client: ServerWebSocket<Link>): Promise<WebSocket> {
		const socket = new WebSocket(target, ["xmpp"]);
		socket.addEventListener("message", ({ data }) => client.send(change(String(data))));
		socket.addEventListener("close", () => client.close());
		return new Promise((resolve) => socket.addEventListener("open", () => resolve(socket)));
	}

	const server = Bun.serve<Link>({
		port: 0,
		hostname: "127.0.0.1",
		fetch: (request, self) =>
			self.upgrade(request, {
				data: {},
				headers: { "Sec-WebSocket-Protocol": "xmpp" },
			})
				? undefined
				: new Response(null, { status: 400 }),
		websocket: {
			open(client) {
				client.data = { server: connect(client) };
			},
			async message(client, message) {
				sent.push(String(message));
				(await client.data.server)?.send(String(message));
			},
			async close(client) {
				(await client.data.server)?.close();
			},
		},
	});

	return { url: `ws://127.0.0.1:${server.port}/`, sent, stop: () => void server.stop(true) };
}
