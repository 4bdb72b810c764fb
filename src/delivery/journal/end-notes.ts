/** What the journal is told of registrations that ended: all but those that are noted where a provider's word is acted on. */
import type { EndedBy, Unused } from "../../store/registrations/end.ts";
import type { Registration } from "../../types.ts";
import type { Journal } from "../journal.ts";
import { byOf, whose } from "./outcome-notes.ts";

const DECIDERS = { owner: "The owner", operator: "The operator", reveille: "Reveille" } as const;

/** @returns hears of ends; never throws */
export function createEndNotes(journal: Pick<Journal, "note">): (ended: Registration, by: EndedBy) => void {
	return (ended, { decider, reason }) => {
		if (decider === "provider") return;
		journal.note({
			kind: "ended",
			...whose(ended),
			app: ended.app,
			reason,
			decider,
			decidedBy: DECIDERS[decider],
			// Who makes and ends any number of them has reached none.
			isStrangers: decider !== "operator" && ended.lastSuccessAt === undefined,
			by: byOf(ended),
		});
	};
}

/** @returns hears of those that nobody used */
export function createSweepNotes(
	journal: Pick<Journal, "note">,
	retentionDays: number,
): (unused: readonly Unused[]) => void {
	return (unused) => {
		for (const { node, owner, app, lastSuccessAt } of unused)
			journal.note({
				kind: "ended",
				...whose({ node, owner }),
				app,
				reason: `neither renewed nor reached for ${retentionDays} days`,
				decider: "sweep",
				decidedBy: "RETENTION_DAYS",
				isStrangers: lastSuccessAt === null,
				by: byOf({ owner, node }),
			});
	};
}
