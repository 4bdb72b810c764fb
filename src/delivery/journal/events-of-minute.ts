/** The events since the last batch, so many of each sort: what strangers bring about fills nothing. */
import { consoleBounds } from "../../limits/bounds/console.ts";
import type { Happened, HappenedKind } from "../../store/console/events.ts";

export function createEventsOfMinute() {
	let rows: Happened[] = [];
	let [strangers, others] = [0, 0];
	const ofOne = new Map<string, number>();
	/** How many more there were, by kind and sort. */
	const more = new Map<string, { kind: HappenedKind; isStrangers: boolean; count: number }>();

	function leaveOut(kind: HappenedKind, isStrangers: boolean, count: number): false {
		const name = `${kind} ${isStrangers}`;
		const known = more.get(name);
		if (known) known.count += count;
		else more.set(name, { kind, isStrangers, count });
		return false;
	}

	function isRoomFor(by: string): boolean {
		if (strangers >= consoleBounds.strangersEventsPerMinute.is) return false;
		const its = ofOne.get(by) ?? 0;
		if (its >= consoleBounds.strangersEventsOfOne.is) return false;
		ofOne.set(by, its + 1);
		strangers++;
		return true;
	}

	return {
		/** @returns false: there are so many that it is only counted */
		add(happened: Happened, by = ""): boolean {
			const { kind, count = 1, isStrangers = false } = happened;
			if (isStrangers) {
				if (!isRoomFor(by)) return leaveOut(kind, true, count);
			} else {
				if (others >= consoleBounds.eventsPerMinute.is) return leaveOut(kind, false, count);
				others++;
			}
			rows.push(happened);
			return true;
		},

		take(at: number): Happened[] {
			const counted = [...more.values()].map(
				({ kind, isStrangers, count }): Happened => ({
					at,
					kind,
					reason: "further ones in the same minute, which are only counted",
					decider: "reveille",
					decidedBy: "Reveille",
					count,
					isStrangers,
				}),
			);
			const taken = [...rows, ...counted];
			rows = [];
			[strangers, others] = [0, 0];
			ofOne.clear();
			more.clear();
			return taken;
		},
	};
}
