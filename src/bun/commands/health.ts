/** `health`: asks the Reveille that runs with the same settings. For containers, which have nothing else to ask with. */
import { parseConfig } from "../../config/config.ts";
import { StartError } from "../start-error.ts";

/** How long an answer may take, ms. */
const DEADLINE_MS = 5_000;

/** @throws {StartError} when it does not serve */
export async function healthCommand(env: Record<string, string | undefined>): Promise<void> {
	// No others have a part in it: some need tables and files of keys.
	const { HOST, PORT } = env;
	const { host, port } = parseConfig({ HOST, PORT });
	const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/health`;
	const status = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(
		(answer) => answer.status,
		(error: unknown) => (error instanceof Error ? error.message : String(error)),
	);
	if (status !== 200) throw new StartError(`${url} is not well: ${status}`);
	console.log("ok");
}
