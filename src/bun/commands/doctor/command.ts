/** `doctor`: what is well, what is not, and the line to type. */
import { buildCommand } from "@stricli/core";
import { JSON_FLAG, type Typed } from "../command.ts";
import { askHealth } from "../health.ts";
import { carryOut } from "./carry-out.ts";
import { clockFindings } from "./clock.ts";
import { type Context, openContext } from "./context.ts";
import { lookAtDatabase } from "./database.ts";
import { lookAtDisk } from "./disk.ts";
import { lookAtFiles } from "./files.ts";
import { bad, type Check, type Finding, ok, unknown, warn } from "./finding.ts";
import { lookAtLoop } from "./loop/loop.ts";
import { lookAtPublicUrl } from "./public-url.ts";
import { lookAtReplica } from "./replica.ts";
import { lookAtServices } from "./services.ts";
import { lookAtSettings } from "./settings.ts";
import { lookAtUnifiedPush } from "./unified-push.ts";
import { xmppChecks } from "./xmpp/checks.ts";

export const doctorCommand = buildCommand<{ json: boolean; loop: boolean }, [], Typed>({
	docs: {
		brief: "What is well, what is not, and the line to type",
		fullDescription:
			"Looks at settings and files, disk, clock, database, XMPP, push services and PUBLIC_URL, and has a push go the whole way to a device of its own. It changes nothing, and does not disturb the Reveille that runs. The settings are those that Reveille runs with. Exit code 0: nothing is bad. 1: something is. It takes less than a minute.",
	},
	parameters: {
		flags: {
			loop: {
				kind: "boolean",
				default: true,
				brief: "Has a push go the whole way; where no Reveille runs, one is started for it and ended",
			},
			...JSON_FLAG,
		},
	},
	async func({ json, loop }) {
		const context = await openContext(this.env);
		this.process.exitCode = await carryOut(
			"config" in context ? checksOf(context, loop) : { wrong: context },
			{
				json,
				print: (text) => console.log(text),
				terminal: process.stderr,
			},
		);
	},
});

/** All checks, in the order in which they are told. */
function checksOf(context: Context, isLoopWanted: boolean): Check[] {
	return [
		{ group: "Reveille", look: async () => [await whoRuns(context)] },
		...settingsChecks(context),
		{ group: "Disk", look: () => lookAtDisk(context) },
		{ group: "Database", look: () => lookAtDatabase(context) },
		{ group: "Database", look: async () => lookAtReplica(context) },
		...xmppChecks(context),
		{ group: "Push services", look: (signal) => lookAtServices(context, signal) },
		{ group: "PUBLIC_URL", look: (signal) => lookAtPublicUrl(context, signal) },
		{ group: "PUBLIC_URL", look: (signal) => lookAtUnifiedPush(context, signal) },
		{ group: "Clock", isLast: true, look: async () => clockFindings(context.clocks) },
		// Last: a connector that is started for it takes the address.
		...(isLoopWanted
			? [
					{
						group: "The whole way",
						isLast: true as const,
						look: (signal: AbortSignal) => lookAtLoop(context, signal),
					},
				]
			: []),
	];
}

/** What `check` looks at too. */
export function settingsChecks(context: Context): Check[] {
	return [
		{ group: "Settings", look: async () => lookAtSettings(context) },
		{ group: "Files", look: async () => lookAtFiles(context) },
	];
}

async function whoRuns({ found, config, env }: Pick<Context, "found" | "config" | "env">): Promise<Finding> {
	const what = "Running";
	const { dataDir, role } = config;
	if (found.kind === "silent") {
		const text = `there is a socket in ${dataDir}, and no answer: ${found.reason}. Reveille hangs, or runs as another user.`;
		return bad(what, text, "run this as the user that Reveille runs as; if that is so, restart Reveille");
	}
	if (found.kind === "running") {
		const { version, pid, role: its, database, xmpp } = found.running.status;
		const wrong = [database, xmpp].filter((part) => typeof part === "string");
		const text = `version ${version} runs (process ${pid}, ROLE=${its}).`;
		return wrong.length > 0 ? bad(what, `${text} It is not ready: ${wrong.join(" ")}`) : ok(what, text);
	}
	if (role === "http") return unknown(what, "a process with ROLE=http has no socket to be asked by.");
	const url = await askHealth(env).catch(() => undefined);
	if (url === undefined) {
		const nobody = `no Reveille runs with DATA_DIR=${dataDir}: nobody is woken until one does.`;
		return warn(what, nobody, "start it, or run this with the DATA_DIR of the one that runs");
	}
	const text = `${url} answers, and it is no Reveille with DATA_DIR=${dataDir}: what follows is about another one.`;
	return warn(what, text, "run this in the folder, and with the settings, of the one that runs");
}
