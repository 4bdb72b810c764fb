/**
 * Free TCP ports on the loopback interface, for servers that must be told their port before they start.
 */
import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Below Linux's ephemeral range (32768 and up): a port in it could be taken as the local end of some outgoing
 * connection while its server restarts, and a client that keeps dialling it could even connect to itself.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * What keeps a port for this process, between the moment it is given out and its server's start, and while that is
 * restarted: a UDP socket of the same number, which nobody else uses. The system closes it with the process, however
 * that ends, and test files that run side by side in processes of their own see it.
 */
const kept: Socket[] = [];

/**
 * Finds ports on which nobody listens. None is given out twice, by this process or another, while it runs.
 *
 * @param count how many
 * @param pick says which to try next
 */
export async function freePorts(count: number, pick = () => randomInt(LOWEST, HIGHEST)): Promise<number[]> {
	const ports: number[] = [];
	while (ports.length < count) {
		const port = pick();
		if ((await keep(port)) && (await isFree(port))) ports.push(port);
	}
	return ports;
}

/** Finds one port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
	const [port] = await freePorts(1);
	if (port === undefined) throw new Error("no free port");
	return port;
}

/** @returns false: somebody else has it */
function keep(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = createSocket("udp4");
		socket.once("error", () => {
			socket.close();
			resolve(false);
		});
		socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
			kept.push(socket.unref());
			resolve(true);
		});
	});
}

/** Asks the kernel, by listening there for a moment. */
function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
	});
}
