/**
 * Pushes with a text of their own that are held back in a lane: several, the oldest first. Beyond that the newest
 * supersedes the oldest, and whoever would wait for long is answered early.
 */
import type { Answer } from "../../types.ts";
import { answerAll, type Held } from "./held-pushes.ts";
import type { Lane, LaneTimes } from "./own-text-times.ts";
import type { Run } from "./throttle.ts";

export interface HeldOwnTexts<Item> {
	/** Holds one back. @returns what becomes of it, or of the one that supersedes it */
	hold(lane: Lane<Item>, item: Item): Promise<Answer>;
	/**
	 * Puts on disk, and answers, what many publishes wait for, or what would be answered too late: those from the outbox
	 * come before it.
	 */
	answerEarly(lane: Lane<Item>): void;
	/** One that was put on disk meanwhile goes out from there, and is held back no more. */
	leaveToDisk(lane: Lane<Item>, isIt: (item: Item) => boolean): void;
	/** Takes all out. @returns each with the ms until it may go out from elsewhere */
	takeOut(lane: Lane<Item>): { held: Held<Item>; inMs: number }[];
}

/**
 * @param options.most so many are held back in one lane
 * @param options.crowd so many publishes wait for an answer in one lane
 * @param options.secure puts an item on disk; it stays held. Must not throw
 */
export function createHeldOwnTexts<Item>({
	most,
	crowd,
	secure,
	times,
}: {
	most: number;
	crowd: number;
	secure: Run<Item>;
	times: Pick<LaneTimes<Item>, "takenOut" | "takeOut">;
}): HeldOwnTexts<Item> {
	function answerEarly(lane: Lane<Item>) {
		const isLate = lane.fromDisk.length + times.takenOut(lane) + lane.held.length > most;
		if (!isLate && lane.held.reduce((sum, { waiting }) => sum + waiting.length, 0) < crowd) return;
		for (const { item, waiting } of lane.held) {
			const all = waiting.splice(0);
			if (all.length > 0) void secure(item).then((secured) => answerAll(all, secured));
		}
	}

	return {
		hold(lane, item) {
			const oldest = lane.held.length >= most ? lane.held.shift() : undefined;
			const waiting = oldest?.waiting ?? [];
			const answer = new Promise<Answer>((resolve) => waiting.push(resolve));
			lane.held.push({ item, waiting });
			answerEarly(lane);
			return answer;
		},

		answerEarly,

		leaveToDisk({ held }, isIt) {
			const place = held.findIndex(({ item }) => isIt(item));
			if (place < 0) return;
			for (const { waiting } of held.splice(place, 1)) answerAll(waiting, { kind: "done", how: "queued" });
		},

		takeOut(lane) {
			const all = lane.held.splice(0);
			if (all.length === 0) return [];
			const inMs = times.takeOut(lane, all.length);
			return all.map((held, place) => ({ held, inMs: inMs[place] ?? 0 }));
		},
	};
}
