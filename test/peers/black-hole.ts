/**
 * A router between a client and a server on loopback that forgets connections: what it forgot stays open on both
 * sides, and nothing comes through.
 */
import { connect, createServer, type Socket } from "node:net";

/** A running router. */
export interface BlackHole {
	/** Leads to the server's. */
	readonly port: number;
	/** How many connections were made. */
	readonly connections: number;
	/** Forgets every connection there is; new ones go through. @returns resolves when data was lost */
	forget(): Promise<void>;
	/** Resolves when the client has closed this many connections. */
	closed(count: number): Promise<void>;
	stop(): void;
}

/** Starts one. @param to the server's port */
export async function startBlackHole(to: number): Promise<BlackHole> {
	/** The client's sides, each with the server's. */
	const connections = new Map<Socket, Socket>();
	const forgotten = new Set<Socket>();
	let ended = 0;
	let hasLost = Promise.withResolvers<void>();
	let hasEnded = Promise.withResolvers<void>();

	const server = createServer((client) => {
		const onward = connect(to, "127.0.0.1");
		connections.set(client, onward);
		const join = (from: Socket, other: Socket) => {
			from.on("data", (chunk) => {
				if (forgotten.has(client)) hasLost.resolve();
				else other.write(chunk);
			});
			from.on("error", () => {});
			from.on("close", () => {
				if (!forgotten.has(client)) other.destroy();
			});
		};
		join(client, onward);
		join(onward, client);
		client.on("close", () => {
			ended += 1;
			hasEnded.resolve();
			hasEnded = Promise.withResolvers();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");

	return {
		port: address.port,
		get connections() {
			return connections.size;
		},
		forget() {
			for (const client of connections.keys()) forgotten.add(client);
			hasLost = Promise.withResolvers();
			return hasLost.promise;
		},
		async closed(count) {
			while (ended < count) await hasEnded.promise;
		},
		stop() {
			for (const sides of connections) for (const side of sides) side.destroy();
			server.close();
		},
	};
}
