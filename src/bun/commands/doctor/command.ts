/** `doctor`: what is well, what is not, and the line to type. */
import { buildCommand } from "@stricli/core";
import { JSON_FLAG, type Typed } from "../command.ts";
import { print } from "../output.ts";

export const doctorCommand = buildCommand<{ json: boolean; noLoop: boolean }, [], Typed>({
	docs: {
		brief: "What is well, what is not, and the line to type",
		fullDescription:
			"Looks at settings and files, disk, clock, database, XMPP, push services and PUBLIC_URL, and has a push go the whole way to a device of its own. It changes nothing, and does not disturb the Reveille that runs. The settings are those that Reveille runs with. Exit code 0: nothing is bad. 1: something is. It takes less than a minute.",
	},
	parameters: {
		flags: {
			noLoop: {
				kind: "boolean",
				default: false,
				withNegated: false,
				brief: "Has no push go the whole way; where no Reveille runs, none is started for it then",
			},
			...JSON_FLAG,
		},
	},
	async func({ json, noLoop }) {
		// They use every room: they are loaded for those who type it.
		const [{ carryOut }, { checksOf }, { openContext }] = await Promise.all([
			import("./carry-out.ts"),
			import("./checks.ts"),
			import("./context.ts"),
		]);
		const context = await openContext(this.env);
		this.process.exitCode = await carryOut(
			"config" in context ? checksOf(context, !noLoop) : { wrong: context },
			{
				json,
				print,
				terminal: process.stderr,
			},
		);
	},
});
