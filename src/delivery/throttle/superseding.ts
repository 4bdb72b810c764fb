/**
 * Publishes that are overtaken: whether one is its publisher's to make may have to be looked up first, and newer ones
 * of its lane come meanwhile. Then it is the older one, and must not go after them.
 */
import type { Answer } from "../types.ts";

export interface Overtaking {
	/**
	 * A publish of this lane is looked at.
	 * @returns ends that; gives what became of the newest that is newer than this one and went on meanwhile
	 */
	begin(lane: string, version: number): () => Promise<Answer> | undefined;
	/** A publish of this lane went on. */
	note(lane: string, version: number, answer: Promise<Answer>): void;
}

export function createOvertaking(): Overtaking {
	/** By lane, while any of it is looked at. */
	const lanes = new Map<string, { looked: number; version: number; answer?: Promise<Answer> }>();

	return {
		begin(name, version) {
			const lane = lanes.get(name) ?? { looked: 0, version: 0 };
			lanes.set(name, lane);
			lane.looked++;
			return () => {
				if (--lane.looked === 0) lanes.delete(name);
				return lane.version > version ? lane.answer : undefined;
			};
		},

		note(name, version, answer) {
			// At almost every publish nothing is looked at anywhere.
			const lane = lanes.size === 0 ? undefined : lanes.get(name);
			if (lane && lane.version < version) Object.assign(lane, { version, answer });
		},
	};
}
