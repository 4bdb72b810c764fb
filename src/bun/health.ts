/** `health`: asks the Reveille that runs with the same settings. For containers, which have nothing else to ask with. */
import { parseConfig } from "../config.ts";
import { settingNames } from "../settings.ts";
import { readKeyFiles } from "./environment.ts";
import { StartError } from "./start-error.ts";

/** How long an answer may take, ms. */
const DEADLINE_MS = 5_000;

/** @throws {StartError} when it does not serve */
export async function healthCommand(env: Record<string, string | undefined>): Promise<void> {
	// Apps have no part in it.
	const { host, port } = parseConfig({ ...readKeyFiles(env, settingNames), APPS: undefined });
	const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/health`;
	const status = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(
		(answer) => answer.status,
		(error: unknown) => (error instanceof Error ? error.message : String(error)),
	);
	if (status !== 200) throw new StartError(`${url} is not well: ${status}`);
	console.log("ok");
}
