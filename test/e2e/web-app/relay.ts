/** Stands between a server and whoever connects to it by WebSocket, such as the page, and keeps what both say. */

export interface Relay {
	readonly url: string;
	/** What the page sent, in order. */
	readonly said: readonly string[];
	/** What the server sent it, in order. */
	readonly heard: readonly string[];
	stop(): Promise<void>;
}

/** @param target the server's WebSocket */
export function startRelay(target: string): Relay {
	const said: string[] = [];
	const heard: string[] = [];
	const server = Bun.serve<{ upstream: WebSocket }>({
		hostname: "127.0.0.1",
		port: 0,
		fetch(request, self) {
			const upstream = new WebSocket(target, ["xmpp"]);
			const headers = { "Sec-WebSocket-Protocol": "xmpp" };
			if (self.upgrade(request, { data: { upstream }, headers })) return undefined;
			return new Response(null, { status: 400 });
		},
		websocket: {
			open(socket) {
				const { upstream } = socket.data;
				upstream.addEventListener("message", ({ data }) => {
					heard.push(String(data));
					socket.send(String(data));
				});
				upstream.addEventListener("close", () => socket.close());
			},
			message(socket, message) {
				said.push(String(message));
				const { upstream } = socket.data;
				if (upstream.readyState === WebSocket.OPEN) upstream.send(String(message));
				else upstream.addEventListener("open", () => upstream.send(String(message)));
			},
			close: ({ data }) => data.upstream.close(),
		},
	});
	return {
		url: `ws://127.0.0.1:${server.port}/xmpp-websocket`,
		said,
		heard,
		stop: () => server.stop(true),
	};
}
