/** `events`: what happened, and how many failed today and why. */
import { buildCommand } from "@stricli/core";
import { EVENT_KINDS, whatOf } from "../../../routes/admin/console/event-view.ts";
import { isRecentId } from "../../../routes/admin/console/recent-events.ts";
import type { EventKind, FoundEvents } from "../../../web/console/wire.ts";
import { JSON_FLAG, type Typed, table } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { time } from "./whom.ts";

interface Options {
	kind?: EventKind;
	before?: string;
	json: boolean;
}

export const eventsCommand = buildCommand<Options, [text?: string], Typed>({
	docs: {
		brief: "What failed, ended or was refused lately, and who decided; how many failed today, and why",
		fullDescription:
			"The newest 50 of the last 30 days. With a TEXT only those that have it in account, node, app or reason. Where there are more, the last line says how the 50 before them are shown.",
	},
	parameters: {
		flags: {
			kind: {
				kind: "parsed",
				parse: kindOf,
				optional: true,
				placeholder: "KIND",
				brief: `Only those of this kind: ${EVENT_KINDS.join(", ")}; or as WHAT has it`,
				proposeCompletions: (begun) => EVENT_KINDS.filter((kind) => kind.startsWith(begun)),
			},
			before: {
				kind: "parsed",
				parse: beforeOf,
				optional: true,
				placeholder: "ID",
				brief: "The 50 before this one, as the answer before says it",
			},
			...JSON_FLAG,
		},
		positional: {
			kind: "tuple",
			parameters: [{ brief: "Such as an account", placeholder: "TEXT", parse: String, optional: true }],
		},
	},
	async func({ kind, before, json }, text) {
		await withOperator(this.env, async (operator) => {
			const found = await operator.get<FoundEvents>("/events", { text, kind, before });
			if (json) return printJson(found);
			print(found.today);
			if (found.events.length === 0) return print("Nothing happened.");
			print(
				table([
					["TIME", "WHAT", "ACCOUNT", "APP", "NODE", "WHY", "DECIDED BY"],
					...found.events.map(({ at, what, owner, app, node, reason, decidedBy }) => [
						time(at),
						what,
						owner ?? "",
						app ?? "",
						node ?? "",
						reason,
						decidedBy,
					]),
				]),
			);
			if (found.next !== undefined) {
				this.process.stderr.write(`There are more: add --before ${found.next}\n`);
			}
		});
	},
});

/** @param typed a kind, or what WHAT calls it @throws {Error} with the rest of a sentence about the option */
function kindOf(typed: string): EventKind {
	const found = EVENT_KINDS.find((kind) =>
		[kind, whatOf(kind)].some((name) => name.toLowerCase() === typed.toLowerCase()),
	);
	if (found !== undefined) return found;
	throw new Error(`must be one of ${EVENT_KINDS.join(", ")}, and is ${JSON.stringify(typed)}`);
}

/** @throws {Error} with the rest of a sentence about the option */
function beforeOf(id: string): string {
	if (/^\d{1,15}$/.test(id) || isRecentId(id)) return id;
	throw new Error(`must be what the answer before said (“next” with --json), and is ${JSON.stringify(id)}`);
}
