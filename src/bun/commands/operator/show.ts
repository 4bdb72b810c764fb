/** `show`: why a device gets pushes, or none. */
import { buildCommand } from "@stricli/core";
import type { Leg, RegistrationView } from "../../../web/console/wire.ts";
import { JSON_FLAG, type Typed, table } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withOperator } from "./ask.ts";
import { nodesEverOf, time, WHO } from "./whom.ts";

export const showCommand = buildCommand<{ json: boolean }, [who: string], Typed>({
	docs: {
		brief: "Why a device or an account gets no pushes, and what to do",
		fullDescription:
			"Shows all that is known of a registration: what became of its last push, what happened to it, who decided. Of an account, all its devices, also those that ended in the last 30 days.",
	},
	parameters: { flags: JSON_FLAG, positional: { kind: "tuple", parameters: [WHO] } },
	async func({ json }, who) {
		await withOperator(this.env, async (operator) => {
			const nodes = await nodesEverOf(operator, who);
			const views: RegistrationView[] = [];
			for (const node of nodes) {
				views.push(await operator.get<RegistrationView>(`/registrations/${encodeURIComponent(node)}`));
			}
			if (json) return printJson(views);
			print(views.map(text).join("\n\n"));
		});
	},
});

/** A way's stations, a line each. */
export const wayText = (legs: readonly Leg[]): string =>
	table(
		legs.map(({ name, text: said, state, ms }) => [
			`  ${state === "bad" ? "✗" : state === "warn" ? "!" : state === "off" ? "-" : "✓"} ${name}`,
			ms === undefined ? "" : `${Math.round(ms)} ms`,
			said,
		]),
	);

/** What happened to its owner's other devices is told of those. */
export function text(view: RegistrationView): string {
	const { device, owner, isEnded, title, text: said, last, known } = view;
	const events = view.events.filter(({ node }) => node === undefined || node === view.node);
	const whose = owner === "" ? "" : ` of ${owner}`;
	return [
		`${device}${whose}${isEnded ? " (ended)" : ""}`,
		title,
		said,
		...(last ? [`The last publish, ${time(last.at)}:`, wayText(last.legs)] : []),
		...(events.length > 0 ? ["What happened:"] : []),
		...events.map(
			({ at, what, reason, decidedBy }) => `  ${time(at)}  ${what}, decided by: ${decidedBy}. ${reason}`,
		),
		"Known:",
		table(known.map(({ name, value }) => [`  ${name}`, value])),
	]
		.filter((line) => line !== "")
		.join("\n");
}
