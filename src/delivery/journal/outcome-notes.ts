/** What the journal is told of outcomes: whose pushes failed or were refused, and whose registration ended. */
import type { Registration } from "../../types.ts";
import { domainOf } from "../../xmpp/jid.ts";
import type { Journal, Noted } from "../journal.ts";
import type { Sent } from "../outcomes/outcomes.ts";
import type { Proven } from "../outcomes/proven-devices.ts";
import { isModuleNode } from "../push-modules.ts";
import { isRelayNode } from "../push2-relay.ts";

export type OutcomeJournal = Pick<Journal, "note" | "noteOnce" | "sent" | "failed">;

export interface OutcomeNotes {
	/** A push waits: of many for one reason the first is told, and how many there were. */
	failed(sent: Sent, reason: string): void;
	/** A push was refused for good. */
	refused(sent: Sent, reason: string): void;
	/** A device is gone, and its registration with it. */
	ended(sent: Sent, reason: string): void;
}

export function createOutcomeNotes(journal: OutcomeJournal, proven: Pick<Proven, "has">): OutcomeNotes {
	const noted = ({ registration, gate }: Sent, reason: string): Omit<Noted, "kind"> & { app: string } => ({
		...whose(registration),
		app: registration.app,
		reason,
		decider: "provider",
		decidedBy: askedAt(gate),
		// Anybody can register a device that does not exist.
		isStrangers: !proven.has(registration),
		by: byOf(registration),
	});

	return {
		failed: (sent, reason) => journal.failed(noted(sent, reason)),
		refused: (sent, reason) =>
			journal.noteOnce(`${sent.registration.node} ${reason}`, { ...noted(sent, reason), kind: "refused" }),
		ended: (sent, reason) => journal.note({ ...noted(sent, reason), kind: "ended" }),
	};
}

/** Whose registration it is, for an event: that of a device which never registered has its token for a node. */
export const whose = ({ node, owner }: Pick<Registration, "node" | "owner">) => ({
	...(!isModuleNode(node) && !isRelayNode(node) && { node }),
	...(owner !== "" && { owner }),
});

/** Who brings about what happens to a registration. */
export const byOf = ({ party, owner, node }: Pick<Registration, "party" | "owner" | "node">): string =>
	party ?? (owner === "" ? node : domainOf(owner));

/** Who was asked at a gate: the host of an origin, or the app. */
export function askedAt(gate: string): string {
	const [app = gate, origin] = gate.split(" ");
	return origin === undefined ? app : origin.replace(/^\w+:\/\//, "");
}
