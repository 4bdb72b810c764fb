/** What the page of push services says first. */
import type { GateView } from "../../../../web/console/wire.ts";
import { figure, many } from "./words.ts";

export function servicesTitle(gates: readonly GateView[], gatesOpen: number): string {
	const shut = gates.filter(({ state }) => state !== "open");
	if (shut.length === 0)
		return gatesOpen === 0 ? "No push service was asked lately" : "All push services are open";
	const are = shut.length === 1 ? "is" : "are";
	const ours = shut.filter(({ until }) => until === undefined).length;
	const its = shut.length === 1 ? "Its" : "Their";
	const rest =
		shut.length === 1
			? ours === 1
				? "until you act"
				: "and it is tried again by itself"
			: ours === 0
				? "and they are tried again by themselves"
				: ours === shut.length
					? "until you act"
					: `and ${figure(ours)} of them ${ours === 1 ? "stays" : "stay"} shut until you act`;
	const next = `${its} pushes are kept${rest.startsWith("and") ? ", " : " "}${rest}.`;
	return `${shut.length} of ${many(shut.length + gatesOpen, "gate")} ${are} shut. ${next}`;
}
