/** Serves the HTTP application on Bun. */
import { httpBounds } from "../limits/bounds/http.ts";
import { StartError } from "./start-error.ts";

/** What cannot be a request of ours, bytes: the routes set their own, lower limits. */
const MAX_BODY = httpBounds.anyBody.is;

/** A push may be held back for the longest PUSH_INTERVAL_MS and then take its deadline, s: Bun's default is 10. */
const IDLE_TIMEOUT_S = httpBounds.idleTime.is;

/** What the runtime knows of a request beside the request. */
export interface BunEnv {
	/** The address of whoever is connected. */
	peer: string | undefined;
}

/** @throws {StartError} naming the address and the settings */
export function listen(
	{ host, port }: { host: string; port: number },
	fetch: (request: Request, env: BunEnv) => Response | Promise<Response>,
) {
	try {
		return Bun.serve({
			hostname: host,
			port,
			maxRequestBodySize: MAX_BODY,
			idleTimeout: IDLE_TIMEOUT_S,
			fetch: (request, server) => fetch(request, { peer: server.requestIP(request)?.address }),
		});
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		const reason = code === "EADDRINUSE" ? "another program listens there" : (code ?? String(error));
		throw new StartError(
			"cannot-listen",
			`Cannot listen on ${host}:${port} (${reason}): set HOST and PORT.`,
			error,
		);
	}
}
