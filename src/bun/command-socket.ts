/**
 * The socket by which commands speak to the Reveille that runs: HTTP over a file in DATA_DIR. Who can open the file is
 * the operator, so that nothing there asks for a token.
 */
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { about } from "../messages/about.ts";

const NAME = "reveille.sock";

/** The longest path that Linux takes for a socket, bytes. */
const LONGEST_PATH = 107;

/** How long an answer may take, and a command may let it wait, s: Bun's default is 10. Commands give up sooner. */
const IDLE = { idleTimeout: 90 };

/** Where the socket of a data folder is. */
export const socketPath = (folder: string) => join(folder, NAME);

/** Whether a path is too long for a socket. */
export const isTooLong = (path: string) => Buffer.byteLength(path) > LONGEST_PATH;

/** What serves the requests of commands. */
export type CommandApp = (request: Request) => Response | Promise<Response>;

/**
 * Makes the socket. One that an earlier process left behind is replaced: to be called by who has the data folder for
 * itself.
 * @returns what ends it and removes the file. Without a socket Reveille serves all the same, and the log says why
 */
export function openCommandSocket(
	folder: string,
	app: CommandApp,
	log: Pick<Logger, "warn">,
): { stop(): Promise<void> } {
	const path = socketPath(folder);
	try {
		if (isTooLong(path)) throw new Error(`the path has more than ${LONGEST_PATH} bytes`);
		rmSync(path, { force: true });
		const server = Bun.serve({
			unix: path,
			fetch: app,
			maxRequestBodySize: registrationBounds.importBytes.is,
			// The types know of none for a socket, where the default of 10 seconds holds all the same.
			...(IDLE as object),
		});
		chmodSync(path, 0o600);
		return {
			async stop() {
				await server.stop(true);
				rmSync(path, { force: true });
			},
		};
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		log.warn(
			"The socket {path} cannot be made ({reason}). Reveille serves all the same, and commands cannot speak to it. Set DATA_DIR to a folder with a short path, on a disk that takes sockets.",
			about("command-socket-failed", { path, reason }),
		);
		return { stop: async () => {} };
	}
}
