/** `events`: what happened, and how many failed today and why. */
import { buildCommand } from "@stricli/core";
import type { FoundEvents } from "../../../web/console/wire.ts";
import { JSON_FLAG, type Typed, table } from "../command.ts";
import { withOperator } from "./ask.ts";
import { time } from "./whom.ts";

export const eventsCommand = buildCommand<{ json: boolean }, [text?: string], Typed>({
	docs: {
		brief: "What failed, ended or was refused lately, and who decided; how many failed today, and why",
		fullDescription:
			"The newest 50 of the last 30 days. With a TEXT only those that have it in account, node, app or reason.",
	},
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [{ brief: "Such as an account", placeholder: "TEXT", parse: String, optional: true }],
		},
	},
	async func({ json }, text) {
		await withOperator(this.env, async (operator) => {
			const found = await operator.get<FoundEvents>("/events", { text });
			if (json) return console.log(JSON.stringify(found, null, 2));
			console.log(found.today);
			if (found.events.length === 0) return console.log("Nothing happened.");
			console.log(
				table([
					["TIME", "WHAT", "ACCOUNT", "APP", "NODE", "WHY", "DECIDED BY"],
					...found.events.map(({ at, what, owner, app, node, reason, decidedBy }) => [
						time(at),
						what,
						owner ?? "",
						app ?? "",
						node?.slice(0, 8) ?? "",
						reason,
						decidedBy,
					]),
				]),
			);
		});
	},
});
