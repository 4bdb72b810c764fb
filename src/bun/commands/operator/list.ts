/** `list`: who is registered. */
import { buildCommand } from "@stricli/core";
import type { RegistrationRow } from "../../../web/console/wire.ts";
import { JSON_FLAG, type Typed, table } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { whoBegins } from "./proposals.ts";
import { searched, time } from "./whom.ts";

interface Options {
	app?: string;
	host?: string;
	all: boolean;
	json: boolean;
}

export const listCommand = buildCommand<Options, [begins?: string], Typed>({
	docs: {
		brief: "Who is registered: by the beginning of an account, a domain, a node or a device's name",
		fullDescription:
			"Lists registrations, 50 at the most unless --all is there. STATE: works (the last push arrived), waits (one waits), fails (the last one did not arrive), new (none was tried).",
	},
	parameters: {
		flags: {
			app: { kind: "parsed", parse: String, optional: true, placeholder: "NAME", brief: "Only of this app" },
			host: {
				kind: "parsed",
				parse: String,
				optional: true,
				placeholder: "HOST",
				brief: "Only at push services whose host begins so",
			},
			all: { kind: "boolean", default: false, withNegated: false, brief: "All of them" },
			...JSON_FLAG,
		},
		positional: {
			kind: "tuple",
			parameters: [
				{
					brief: "What it begins with; without it, all are meant",
					placeholder: "BEGINNING",
					parse: String,
					optional: true,
					proposeCompletions(this: Typed, begun: string) {
						return whoBegins(this.env, begun);
					},
				},
			],
		},
	},
	async func({ app, host, all, json }, begins) {
		await withOperator(this.env, async (operator) => {
			const rows: RegistrationRow[] = [];
			let isMore = false;
			for await (const page of searched(operator, { begins, app, host })) {
				rows.push(...page.rows);
				isMore = page.next !== undefined;
				// A page may be short, where few of many fit.
				if (!all && rows.length > 0) break;
			}
			if (json) return printJson(rows);
			if (rows.length === 0) return print("There is none.");
			print(
				table([
					["ACCOUNT", "DEVICE", "APP", "STATE", "LAST PUSH", "NODE"],
					...rows.map((row) => [
						row.owner || "-",
						row.device,
						row.app,
						row.state,
						time(row.lastPushAt),
						row.node,
					]),
				]),
			);
			if (isMore && !all) this.process.stderr.write("There are more: --all lists them.\n");
		});
	},
});
