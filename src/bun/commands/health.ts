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
		(error: unknown) => {
			throw noAnswer(url, error);
		},
	);
	if (status !== 200)
		throw new StartError("health-not-well", `${url} is not well: it answered with status ${status}.`);
	console.log("ok");
}

function noAnswer(url: string, error: unknown): StartError {
	const { name, message, code } = error as NodeJS.ErrnoException;
	if (name === "TimeoutError") {
		const seconds = DEADLINE_MS / 1000;
		return new StartError(
			"health-not-well",
			`${url} is not well: it did not answer within ${seconds} s.`,
			error,
		);
	}
	const reason = code === "ECONNREFUSED" || code === "ConnectionRefused" ? "nobody listens there" : message;
	return new StartError(
		"health-no-answer",
		`${url} is not well: ${reason}. Is Reveille running, and with this HOST and PORT? Set PORT to the port that it serves on.`,
		error,
	);
}
