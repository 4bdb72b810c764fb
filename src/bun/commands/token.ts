/** `token`: makes a new registration token, and has the old one end. */
import { buildCommand } from "@stricli/core";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { JSON_FLAG, type Typed } from "./command.ts";
import { withDesk } from "./operator/desk.ts";
import { print, printJson } from "./output.ts";
import type { MadeToken } from "./served/tokens.ts";

export const tokenCommand = buildCommand<{ now: boolean; json: boolean }, [], Typed>({
	docs: {
		brief: `Makes a new registration token; the old one ends in ${registrationBounds.tokenRest.is} days`,
		fullDescription: `Makes a new registration token, which users need to register over HTTP, and prints it. It is stored as a hash only: nobody can look it up later. All processes of the same database take it within ${registrationBounds.tokenReads.is} seconds. The tokens before it go on working for ${registrationBounds.tokenRest.is} days. The settings are those that Reveille runs with.

A token in the setting REGISTRATION_TOKEN is not touched: change the setting, and start Reveille again.`,
	},
	parameters: {
		flags: {
			now: {
				kind: "boolean",
				default: false,
				withNegated: false,
				brief: `Ends the tokens before it at once, for one that fell into the wrong hands: they are refused within ${registrationBounds.tokensKept.is} seconds`,
			},
			...JSON_FLAG,
		},
	},
	async func({ now: isNow, json }) {
		const { env } = this;
		const { token, othersEndAt } = await withDesk(env, (desk) =>
			desk.post<MadeToken>("/tokens", { now: isNow }),
		);
		const end = new Date(othersEndAt).toISOString();
		if (json) return printJson({ token, othersEndAt: end });
		print(token);
		// Beside the output, which a script may read.
		console.error(
			`This is the new registration token. It is not shown again: give it to your users.\n${
				isNow
					? `The tokens before it ended, and are refused within ${registrationBounds.tokensKept.is} seconds.`
					: `The tokens before it work until ${end.slice(0, 16).replace("T", " ")} UTC.`
			}${env.REGISTRATION_TOKEN?.trim() ? "\nREGISTRATION_TOKEN goes on working beside it: change the setting to end it." : ""}`,
		);
	},
});
