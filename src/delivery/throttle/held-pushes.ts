/**
 * What is held back in a lane: the newest supersedes the others, and each of their publishers is answered with what
 * becomes of it, which is what they were promised (invariant 1).
 */
import type { Answer } from "../../types.ts";

export interface Held<Item> {
	item: Item;
	waiting: ((answer: Answer) => void)[];
}

/** Where one push is held back. */
export interface Holding<Item> {
	held?: Held<Item>;
	/** Until it may go out. */
	timer?: ReturnType<typeof setTimeout>;
}

/** What to do where many wait for one answer: whoever publishes without end must not fill a connection's window. */
export interface Crowd<Item> {
	/** So many may wait in one lane. */
	most: number;
	/** Puts an item on disk, so that they can be answered; it stays held. Must not throw. */
	secure(item: Item): Promise<Answer>;
}

/**
 * Holds an item back.
 * @param held what is held back in its lane; it is superseded
 * @returns what is held back now, and what becomes of it in the end
 */
export function hold<Item>(
	held: Held<Item> | undefined,
	item: Item,
	crowd: Crowd<Item> | undefined,
): { held: Held<Item>; answer: Promise<Answer> } {
	const now: Held<Item> = held ?? { item, waiting: [] };
	now.item = item;
	const answer = new Promise<Answer>((resolve) => now.waiting.push(resolve));
	if (crowd && now.waiting.length >= crowd.most) {
		const waiting = now.waiting.splice(0);
		void crowd.secure(item).then((secured) => answerAll(waiting, secured));
	}
	return { held: now, answer };
}

/** Takes out what is held back: its time has come, or it goes elsewhere. */
export function takeHeld<Item>(lane: Holding<Item>): Held<Item> | undefined {
	const { held } = lane;
	if (!held) return undefined;
	clearTimeout(lane.timer);
	delete lane.held;
	delete lane.timer;
	return held;
}

/** Answers those who waited for one push: all but the last were superseded by it. */
export function answerAll(waiting: readonly ((answer: Answer) => void)[], answer: Answer) {
	waiting.forEach((resolve, index) => {
		const superseded = answer.kind === "done" && index < waiting.length - 1;
		resolve(superseded ? { kind: "done", how: "superseded" } : answer);
	});
}
