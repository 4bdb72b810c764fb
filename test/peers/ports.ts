/**
 * Free TCP ports on the loopback interface, for servers that must be told their port before they start.
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below Linux's ephemeral range (32768 and up): a port in it could be taken as the local end of some outgoing
 * connection while its server restarts, and a client that keeps dialling it could even connect to itself.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** Ports belong to the whole process, so that what was handed out is remembered for the whole process too. */
const handedOut = new Set<number>();

/**
 * Finds ports on which nobody listens. None is handed out twice by one process.
 *
 * @param count how many
 */
export async function freePorts(count: number): Promise<number[]> {
	const ports: number[] = [];
	while (ports.length < count) {
		const port = randomInt(LOWEST, HIGHEST);
		if (handedOut.has(port)) continue;
		handedOut.add(port);
		if (await isFree(port)) ports.push(port);
	}
	return ports;
}

/** Finds one port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
	const [port] = await freePorts(1);
	if (port === undefined) throw new Error("no free port");
	return port;
}

/** Asks the kernel, by listening there for a moment. */
function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
	});
}
