/**
 * A proxy for https (RFC 9110 §9.3.6) that leads each name to a port of loopback: in place of DNS, and of the port 443
 * that a test may not have.
 */
import { connect, createServer, type Socket } from "node:net";

export interface ConnectProxy {
	/** For HTTPS_PROXY. */
	readonly url: string;
	/** What it was asked for: `host:port`. */
	readonly asked: string[];
	stop(): void;
}

/** @param ports by `host:port`; whatever else is refused */
export async function startConnectProxy(ports: Readonly<Record<string, number>>): Promise<ConnectProxy> {
	const asked: string[] = [];
	const sockets = new Set<Socket>();
	const keep = (socket: Socket) => sockets.add(socket.on("error", () => socket.destroy()));
	const server = createServer((client) => {
		keep(client);
		let head = "";
		client.on("data", function onData(piece: Buffer) {
			head += piece.toString("latin1");
			if (!head.includes("\r\n\r\n")) return;
			client.off("data", onData);
			const target = /^CONNECT (\S+) /.exec(head)?.[1] ?? "";
			asked.push(target);
			const port = ports[target];
			if (port === undefined) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
			const upstream = connect(port, "127.0.0.1", () => {
				client.write("HTTP/1.1 200 Connection established\r\n\r\n");
				client.pipe(upstream).pipe(client);
			});
			keep(upstream);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	return {
		url: `http://127.0.0.1:${port}`,
		asked,
		stop() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}
