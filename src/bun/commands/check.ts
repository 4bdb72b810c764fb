/** `check`: whether the settings and credentials work. It changes nothing and makes no files. */
import { buildCommand } from "@stricli/core";
import { JSON_FLAG, type Typed } from "./command.ts";
import { carryOut } from "./doctor/carry-out.ts";
import { settingsChecks } from "./doctor/command.ts";
import { type Context, databaseUrl, openContext } from "./doctor/context.ts";
import { lookAtDatabase } from "./doctor/database.ts";
import type { Check } from "./doctor/finding.ts";
import { lookAtServices } from "./doctor/services.ts";
import { loginChecks } from "./doctor/xmpp/checks.ts";

export const checkCommand = buildCommand<{ json: boolean }, [], Typed>({
	docs: {
		brief: "Whether settings and credentials work, by its exit code",
		fullDescription:
			"Reads the settings and the files that they name, and shows the credentials to the XMPP server, the push services and a database over the network. It pushes nothing, changes nothing and makes no files: for the time before a restart. Exit code 0: nothing is bad. 1: something is.",
	},
	parameters: { flags: JSON_FLAG },
	async func({ json }) {
		const context = await openContext(this.env);
		const checks =
			"config" in context
				? [
						...settingsChecks(context),
						...loginChecks(context),
						...databaseChecks(context),
						{ group: "Push services", look: (signal: AbortSignal) => lookAtServices(context, signal) },
					]
				: { wrong: context };
		this.process.exitCode = await carryOut(checks, {
			json,
			print: (text) => console.log(text),
			terminal: process.stderr,
		});
	},
});

/** One over the network has a token, or a proxy before it. A file is left alone: SQLite makes others beside it. */
function databaseChecks(context: Context): Check[] {
	if (databaseUrl(context.config).startsWith("file:")) return [];
	return [{ group: "Database", look: () => lookAtDatabase(context) }];
}
