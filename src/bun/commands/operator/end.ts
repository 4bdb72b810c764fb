/** `end`: removes registrations. */
import { buildCommand } from "@stricli/core";
import { many } from "../../../routes/admin/console/sentences/words.ts";
import { StartError } from "../../start-error.ts";
import { JSON_FLAG, type Typed } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { nodesOf, WHO } from "./whom.ts";

/** For what cannot be taken back. */
export const YES_FLAG = {
	yes: { kind: "boolean", default: false, withNegated: false, brief: "Does it, whatever number it is" },
} as const;

export const endCommand = buildCommand<{ yes: boolean; json: boolean }, [who: string], Typed>({
	docs: {
		brief: "Ends a registration, or all of an account, for good",
		fullDescription:
			"The device gets no more pushes until its app registers again. The user's server is told at its next publish. More than one registration ends only with --yes.",
	},
	parameters: { flags: { ...YES_FLAG, ...JSON_FLAG }, positional: { kind: "tuple", parameters: [WHO] } },
	async func({ yes, json }, who) {
		await withOperator(this.env, async (operator) => {
			const nodes = await nodesOf(operator, who);
			if (nodes.length > 1 && !yes) {
				throw new StartError(
					"needs-yes",
					`This would end ${nodes.length} registrations of ${who}. Type it again with --yes.`,
				);
			}
			for (const node of nodes) await operator.post(`/registrations/${encodeURIComponent(node)}/end`);
			if (json) return printJson({ ended: nodes });
			print(`Ended: ${many(nodes.length, "registration")}.`);
		});
	},
});
