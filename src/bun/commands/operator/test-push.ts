/** `test`: a push to a device, now. */
import { buildCommand } from "@stricli/core";
import type { TestPush } from "../../../web/console/wire.ts";
import { StartError } from "../../start-error.ts";
import { JSON_FLAG, type Typed } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { wayText } from "./show.ts";
import { nodesOf, WHO } from "./whom.ts";

export const testCommand = buildCommand<{ json: boolean }, [who: string], Typed>({
	docs: {
		brief: "Sends a test push to a device, or to all of an account, and times each leg",
		fullDescription:
			"The Reveille that runs sends it, on the way of any other push. Exit code 1: one of them was refused, or the device is gone.",
	},
	parameters: { flags: JSON_FLAG, positional: { kind: "tuple", parameters: [WHO] } },
	async func({ json }, who) {
		const isBad = await withOperator(this.env, async (operator) => {
			if (!operator.isRunning) {
				throw new StartError("not-running", "No Reveille runs with this DATA_DIR: start it, then test.");
			}
			const tests: (TestPush & { node: string })[] = [];
			for (const node of await nodesOf(operator, who)) {
				const path = `/registrations/${encodeURIComponent(node)}/test`;
				tests.push({ node, ...(await operator.post<TestPush>(path)) });
			}
			if (json) printJson(tests);
			else for (const { node, title, legs } of tests) print(`${node}: ${title}\n${wayText(legs)}`);
			return tests.some(({ state }) => state === "bad");
		});
		if (isBad) this.process.exitCode = 1;
	},
});
