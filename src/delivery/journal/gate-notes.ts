/** What the journal is told of gates. */
import type { ShutFor } from "../gates/gate.ts";
import type { Fault } from "../gates/report.ts";
import type { Journal } from "../journal.ts";
import { askedAt } from "./outcome-notes.ts";

export interface GateNotes {
	onShut(gate: string, report: Fault, shutFor: ShutFor, isStrangers: boolean): void;
	onOpen(gate: string, isStrangers: boolean): void;
	/** Most of what a push service says of devices cannot be true. */
	onMass(gate: string): void;
}

export function createGateNotes(journal: Pick<Journal, "note">): GateNotes {
	const appOf = (gate: string) => gate.split(" ")[0] ?? gate;
	const note = (gate: string, reason: string, decider: "provider" | "reveille", isStrangers = false) =>
		journal.note({
			kind: "gate",
			app: appOf(gate),
			reason,
			decider,
			decidedBy: askedAt(gate),
			isStrangers,
			by: gate,
		});
	return {
		onShut(gate, { reason }, shutFor, isStrangers) {
			const whose = shutFor === "all" ? "" : ", for devices that no push was delivered to yet";
			note(gate, `shut${whose}: ${reason}`, "provider", isStrangers);
		},
		onOpen: (gate, isStrangers) => note(gate, "open again: its pushes go out", "provider", isStrangers),
		onMass: (gate) =>
			// Whoever has a server may say so of devices there.
			note(
				gate,
				"too many devices are said to be gone or refused: none is believed to be",
				"reveille",
				gate.includes(" "),
			),
	};
}
