/**
 * A connector of `doctor`'s own, for the time of the loop where no Reveille runs: the same program with the same
 * settings, which serves until its standard input ends, so that it never outlives this command.
 */
import { existsSync } from "node:fs";
import { isTooLong, socketPath } from "../../../command-socket.ts";
import { filePath } from "../../../database/open.ts";
import { COMMAND, SERVE_WHILE_INPUT } from "../../../program.ts";
import { randomToken } from "../../../registration-token.ts";
import type { Running } from "../../running.ts";
import { findRunning } from "../../running.ts";
import { type Context, databaseUrl } from "../context.ts";
import { isOwner } from "../files.ts";
import { bad, type Finding, unknown } from "../finding.ts";

/** How long it may take until it is online, ms. */
const START_MS = 20_000;
const LOOK_EVERY_MS = 100;
/** Its connections are left resumable: how long its end may take, ms. */
const STOP_MS = 8_000;

export interface OwnConnector {
	running: Running;
	stop(): Promise<void>;
}

/** @returns a finding where none can be started */
export async function startOwnConnector(
	context: Context,
	signal: AbortSignal,
): Promise<OwnConnector | Finding> {
	const { config, env } = context;
	const refusal = refusalOf(context);
	if (refusal) return refusal;
	const child = Bun.spawn([...COMMAND, SERVE_WHILE_INPUT], {
		stdin: "pipe",
		stdout: "ignore",
		stderr: "pipe",
		env: {
			...env,
			ROLE: "connector",
			HOST: "127.0.0.1",
			PORT: "0",
			LOG_LEVEL: "error",
			// Else a database that never had a token would get one, and nobody would see it.
			...(config.registration.mode === "token" && {
				REGISTRATION_TOKEN: env.REGISTRATION_TOKEN || randomToken(),
			}),
		},
	});
	const said = new Response(child.stderr).text();
	async function stop() {
		child.stdin.end();
		await Promise.race([child.exited, Bun.sleep(STOP_MS)]);
		child.kill("SIGKILL");
		await child.exited;
	}
	const until = performance.now() + START_MS;
	let last: Running | undefined;
	while (performance.now() < until && child.exitCode === null && !signal.aborted) {
		const found = await findRunning(config.dataDir);
		if (found.kind === "running") {
			last = found.running;
			if (last.status.connections.every(({ isOnline, isStandby }) => isOnline || isStandby)) break;
		}
		await Bun.sleep(LOOK_EVERY_MS);
	}
	if (child.exitCode === null && last) return { running: last, stop };
	await stop();
	const sentence = (await said).trim().split("\n").slice(-3).join(" ");
	return bad("Start", `Reveille does not start: ${sentence || "it said nothing in time"}`);
}

/** Why none is to be started. */
function refusalOf(context: Context): Finding | undefined {
	const { config } = context;
	const what = "Loop";
	const url = databaseUrl(config);
	if (!existsSync(config.dataDir) || (url.startsWith("file:") && !existsSync(filePath(url)))) {
		const text = "it was not tried: Reveille has not been started with these settings yet.";
		return unknown(what, text, "start Reveille, and run this again");
	}
	if (isTooLong(socketPath(config.dataDir))) {
		const text =
			"it was not tried: the path of DATA_DIR is too long for the socket by which Reveille is asked.";
		return unknown(what, text, "set DATA_DIR to a shorter path");
	}
	const refused = config.connections.filter(({ address }) => context.refused.has(address));
	if (refused.length === config.connections.length) {
		return unknown(what, "it was not tried: no connection can log in.", "mend what XMPP says above");
	}
	if (!isOwner(config.dataDir)) {
		// The files that it makes could not be written by the real one.
		const text = `it was not tried: no Reveille runs, and ${config.dataDir} belongs to another user, as whom one would have to be started.`;
		return unknown(what, text, "start Reveille, or run this as the user that it runs as");
	}
	return undefined;
}
