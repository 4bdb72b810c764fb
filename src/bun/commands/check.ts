/** `check`: whether the settings and credentials work. It changes nothing and makes no files. */
import { buildCommand } from "@stricli/core";
import { JSON_FLAG, type Typed } from "./command.ts";
import { print } from "./output.ts";

export const checkCommand = buildCommand<{ json: boolean }, [], Typed>({
	docs: {
		brief: "Whether settings and credentials work, by its exit code",
		fullDescription:
			"Reads the settings and the files that they name, and shows the credentials to the XMPP server, the push services and a database over the network. It pushes nothing, changes nothing and makes no files: for the time before a restart. Exit code 0: nothing is bad. 1: something is.",
	},
	parameters: { flags: JSON_FLAG },
	async func({ json }) {
		const [{ carryOut }, { checksBeforeStart }, { openContext }] = await Promise.all([
			import("./doctor/carry-out.ts"),
			import("./doctor/checks.ts"),
			import("./doctor/context.ts"),
		]);
		const context = await openContext(this.env);
		const checks = "config" in context ? checksBeforeStart(context) : { wrong: context };
		this.process.exitCode = await carryOut(checks, {
			json,
			print,
			terminal: process.stderr,
		});
	},
});
