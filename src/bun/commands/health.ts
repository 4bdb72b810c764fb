/** `health`: asks the Reveille that runs with the same settings. For containers, which have nothing else to ask with. */
import { buildCommand } from "@stricli/core";
import { parseConfig } from "../../config/config.ts";
import { StartError } from "../start-error.ts";
import { type Environment, JSON_FLAG, type Typed } from "./command.ts";
import { print } from "./output.ts";

/** How long an answer may take, ms. */
const DEADLINE_MS = 5_000;

export const healthCommand = buildCommand<{ json: boolean }, [], Typed>({
	docs: {
		brief: "Whether the one with these settings serves, by its exit code",
		fullDescription: `Asks the Reveille that runs with the same HOST and PORT. Exit code 0: it serves. 1: it does not, or does not answer within ${DEADLINE_MS / 1000} seconds.`,
	},
	parameters: { flags: JSON_FLAG },
	async func({ json }) {
		const url = await askHealth(this.env);
		print(json ? JSON.stringify({ ok: true, url }) : "ok");
	},
});

/** @returns where it serves @throws {StartError} when it does not */
export async function askHealth(env: Environment): Promise<string> {
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
	return url;
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
