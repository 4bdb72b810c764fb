/** The Reveille that runs with the same DATA_DIR, asked over its socket. */
import { statSync } from "node:fs";
import type { ConnectionState } from "../../connector/connections.ts";
import type { DomainState } from "../../connector/enabling/server-look.ts";
import { isTooLong, socketPath } from "../command-socket.ts";

/** How long a plain answer may take, ms. */
const DEADLINE_MS = 5_000;

/** What it says of itself: the answer of `GET /status` (command-routes.ts). */
export interface RunningStatus {
	version: string;
	pid: number;
	role: string;
	/** Where it serves HTTP. */
	url: string;
	/** True, or a sentence that says what is wrong. */
	database: true | string;
	xmpp: true | string | null;
	/** Which database it is; null: it could not be asked yet. */
	databaseId: string | null;
	/** How old its replica is, ms; null: there is none. */
	replicaAgeMs: number | null;
	connections: readonly ConnectionState[];
	/** The domains of XMPP_ENABLE_FOR, once their servers were looked at; missing: it is older than that. */
	enabling?: readonly DomainState[];
}

/** The running one. */
export interface Running {
	status: RunningStatus;
	/** Asks it. @param init.signal default: a few seconds */
	ask(path: string, init?: RequestInit): Promise<Response>;
}

/** Asks at the socket of a data folder; undefined: there is none. */
export function socketIn(
	folder: string,
): ((path: string, init?: RequestInit) => Promise<Response>) | undefined {
	const path = socketPath(folder);
	if (isTooLong(path) || !mayBeThere(path)) return undefined;
	return (to, init) => askSocket(folder, to, init);
}

/** Where this user may not look there may be one. */
function mayBeThere(path: string): boolean {
	try {
		return statSync(path, { throwIfNoEntry: false }) !== undefined;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EACCES";
	}
}

/** A request to the socket of a data folder. */
export function askSocket(folder: string, path: string, init: RequestInit = {}): Promise<Response> {
	const signal = init.signal ?? AbortSignal.timeout(DEADLINE_MS);
	return fetch(`http://reveille${path}`, { ...init, signal, unix: socketPath(folder) } as RequestInit);
}

/** What became of looking for it. */
export type Found =
	| { kind: "running"; running: Running }
	| { kind: "none" }
	/** There is a socket, and no answer to be had: why, and a sentence that says what to do. */
	| { kind: "silent"; reason: string; todo: string };

const LOOK = "Look at its log, or stop it.";

/** Looks whether one runs. */
export async function findRunning(folder: string): Promise<Found> {
	const ask = socketIn(folder);
	if (!ask) return { kind: "none" };
	try {
		const answer = await ask("/status");
		if (!answer.ok) return { kind: "silent", reason: `it answered with status ${answer.status}`, todo: LOOK };
		const status = (await answer.json()) as RunningStatus;
		return { kind: "running", running: { status, ask } };
	} catch (error) {
		const { name, code, message } = error as NodeJS.ErrnoException;
		// Nobody listens: a process that was killed left it behind.
		if (code === "ECONNREFUSED" || code === "ConnectionRefused" || code === "FailedToOpenSocket")
			return { kind: "none" };
		if (code === "EACCES") {
			return {
				kind: "silent",
				reason: `this user may not open ${socketPath(folder)}`,
				todo: "Type the command as the user that Reveille runs as, or as root.",
			};
		}
		const reason = name === "TimeoutError" ? "it did not answer in time" : message;
		return { kind: "silent", reason, todo: LOOK };
	}
}
