/** The events since the last batch, so many of each sort: what strangers bring about fills nothing. */
import { consoleBounds } from "../../limits/bounds/console.ts";
import type { Happened } from "../../store/console/events.ts";
import type { EventKind } from "../../types.ts";

export function createEventsOfMinute() {
	let rows: Happened[] = [];
	let [strangers, others] = [0, 0];
	const ofOne = new Map<string, number>();
	/** How many more there were, by kind and sort. */
	const more = new Map<string, { kind: EventKind; isStrangers: boolean; count: number }>();

	function leaveOut(kind: EventKind, isStrangers: boolean, count: number): false {
		const name = `${kind} ${isStrangers}`;
		const known = more.get(name);
		if (known) known.count += count;
		else more.set(name, { kind, isStrangers, count });
		return false;
	}

	function isRoomFor(sort: string, by: string, most: number): boolean {
		const name = `${sort} ${by}`;
		const its = ofOne.get(name) ?? 0;
		if (its >= most) return false;
		ofOne.set(name, its + 1);
		return true;
	}
	const isRoomForStranger = (by: string) =>
		strangers < consoleBounds.strangersEventsPerMinute.is &&
		isRoomFor("stranger", by, consoleBounds.strangersEventsOfOne.is);
	/** Whoever has devices that were delivered to may have them ended, or refused, as often as they like. */
	const isRoomForOther = (by: string | undefined) =>
		others < consoleBounds.eventsPerMinute.is &&
		(by === undefined || isRoomFor("other", by, consoleBounds.eventsOfOne.is));

	return {
		/** @returns false: there are so many that it is only counted */
		add(happened: Happened, by: string | undefined): boolean {
			const { kind, count = 1, isStrangers = false } = happened;
			if (isStrangers) {
				if (!isRoomForStranger(by ?? "")) return leaveOut(kind, true, count);
				strangers++;
			} else {
				if (!isRoomForOther(by)) return leaveOut(kind, false, count);
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
