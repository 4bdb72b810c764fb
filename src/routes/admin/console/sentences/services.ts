/** What the page of push services says first. */
import type { GateView } from "../../../../web/console/wire.ts";
import { many } from "./words.ts";

export function servicesTitle(gates: readonly GateView[], gatesOpen: number): string {
	const shut = gates.filter(({ state }) => state !== "open");
	if (shut.length === 0)
		return gatesOpen === 0 ? "No push service was asked lately" : "All push services are open";
	const are = shut.length === 1 ? "is" : "are";
	const isOurs = shut.some(({ until }) => until === undefined);
	const next = isOurs
		? "Its pushes are kept until you act."
		: "Its pushes are kept, and it is tried again by itself.";
	return `${shut.length} of ${many(shut.length + gatesOpen, "gate")} ${are} shut. ${next}`;
}
