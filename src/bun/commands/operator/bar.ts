/** `bar`: people and domains that are not served. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { many } from "../../../routes/admin/console/sentences/words.ts";
import type { BarCount, BarView } from "../../../web/console/wire.ts";
import { PROGRAM } from "../../program.ts";
import { StartError } from "../../start-error.ts";
import { JSON_FLAG, type Typed, table } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { YES_FLAG } from "./end.ts";
import { barredBegin, ownersBegin } from "./proposals.ts";
import { time } from "./whom.ts";

const WHO = {
	brief: "An account such as romeo@example.net, or a domain",
	placeholder: "JID|DOMAIN",
	parse: String,
	proposeCompletions(this: Typed, begun: string) {
		return ownersBegin(this.env, begun);
	},
};

const BARRED = {
	...WHO,
	proposeCompletions(this: Typed, begun: string) {
		return barredBegin(this.env, begun);
	},
};

const addCommand = buildCommand<{ reason: string; yes: boolean; json: boolean }, [who: string], Typed>({
	docs: {
		brief: "Bars somebody; this is what bar with an account or a domain does",
		fullDescription:
			"All registrations of the account or domain end, and no new one is taken. They hear the same answer as people whom XMPP_ALLOW does not let in. What would end is counted first, and ends only with --yes.",
	},
	parameters: {
		flags: {
			reason: {
				kind: "parsed",
				parse: String,
				default: "",
				placeholder: "TEXT",
				brief: "For yourself: why",
			},
			...YES_FLAG,
			...JSON_FLAG,
		},
		positional: { kind: "tuple", parameters: [WHO] },
	},
	async func({ reason, yes, json }, typed) {
		await withOperator(this.env, async (operator) => {
			const { who, kind, registrations, people, isBarred } = await operator.post<BarCount>("/bars/count", {
				who: typed,
			});
			if (isBarred)
				throw new StartError(
					"bar-known",
					`${who} is barred already. "${PROGRAM} bar list" shows since when.`,
				);
			if (kind === "domain" && registrations === 0 && !yes) {
				throw new StartError(
					"needs-yes",
					`Nobody here is of the domain ${who}. An account has an @ in it. If the domain is meant, type it again with --yes.`,
				);
			}
			if (registrations > 0 && !yes) {
				throw new StartError(
					"needs-yes",
					`This would end ${many(registrations, "registration")} of ${many(people, "person", "people")}. Type it again with --yes.`,
				);
			}
			const { ended } = await operator.post<{ ended: number }>("/bars", { who, reason });
			if (json) return printJson({ who, ended });
			print(`${who} is barred, which ended ${many(ended, "registration")}.`);
		});
	},
});

const listCommand = buildCommand<{ json: boolean }, [], Typed>({
	docs: { brief: "Who is barred, since when, and why" },
	parameters: { flags: JSON_FLAG },
	async func({ json }) {
		await withOperator(this.env, async (operator) => {
			const bars = await operator.get<BarView[]>("/bars");
			if (json) return printJson(bars);
			if (bars.length === 0) return print("Nobody is barred.");
			print(
				table([
					["WHO", "SINCE", "ENDED", "REASON"],
					...bars.map(({ who, at, ended, reason }) => [who, time(at), String(ended), reason]),
				]),
			);
		});
	},
});

const liftCommand = buildCommand<{ json: boolean }, [who: string], Typed>({
	docs: { brief: "Lets somebody register again; devices that ended come back when their apps register" },
	parameters: { flags: JSON_FLAG, positional: { kind: "tuple", parameters: [BARRED] } },
	async func({ json }, who) {
		await withOperator(this.env, async (operator) => {
			await operator.post("/bars/lift", { who });
			if (json) return printJson({ who, lifted: true });
			print(`${who} may register again.`);
		});
	},
});

export const barCommands = buildRouteMap({
	routes: { add: addCommand, list: listCommand, lift: liftCommand },
	defaultCommand: "add",
	docs: { brief: "Bars an account or a domain; lists bars and lifts them" },
});
