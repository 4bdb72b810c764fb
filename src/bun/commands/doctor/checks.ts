/** What `doctor` and `check` look at, in its order. */
import { askHealth } from "../health.ts";
import { clockFindings } from "./clock.ts";
import { type Context, databaseUrl } from "./context.ts";
import { lookAtDatabase } from "./database.ts";
import { lookAtDisk } from "./disk.ts";
import { lookAtFiles } from "./files.ts";
import { bad, type Check, type Finding, ok, unknown, warn } from "./finding.ts";
import { lookAtLoop } from "./loop/loop.ts";
import { lookAtPublicUrl } from "./public-url.ts";
import { lookAtReplica } from "./replica.ts";
import { lookAtServices } from "./services.ts";
import { lookAtDifferences, lookAtSettings } from "./settings.ts";
import { lookAtUnifiedPush } from "./unified-push.ts";
import { loginChecks, xmppChecks } from "./xmpp/checks.ts";

/** All checks, in the order in which they are told. */
export function checksOf(context: Context, isLoopWanted: boolean): Check[] {
	return [
		{ group: "Reveille", look: async () => [await whoRuns(context)] },
		{ group: "Settings", look: async () => lookAtDifferences(context) },
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

/** What `check` looks at: what can be seen without a start, and changes nothing. */
export const checksBeforeStart = (context: Context): Check[] => [
	...settingsChecks(context),
	...loginChecks(context),
	// One over the network has a token, or a proxy before it. A file is left alone: SQLite makes others beside it.
	...(databaseUrl(context.config).startsWith("file:")
		? []
		: [{ group: "Database", look: () => lookAtDatabase(context) }]),
	{ group: "Push services", look: (signal: AbortSignal) => lookAtServices(context, signal) },
];

function settingsChecks(context: Context): Check[] {
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
