/**
 * The pace of pushes with a text of their own: per registration and class so many at once, and then so many a second.
 * None makes up for another, so several are held back, and go out in their order; beyond that the newest supersedes the
 * oldest that is held back. What comes from the outbox keeps to the same pace.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import type { Answer } from "../../types.ts";
import { createHeldOwnTexts } from "./held-own-texts.ts";
import { answerAll } from "./held-pushes.ts";
import { createLanes } from "./lanes.ts";
import { createLaneTimes, type Lane } from "./own-text-times.ts";
import type { Run, Throttle } from "./throttle.ts";

export interface OwnTexts<Item> extends Pick<Throttle<Item>, "submit"> {
	/** The items that are held back in a lane, the oldest first. */
	heldIn(lane: string): Item[];
	/**
	 * Runs something from the outbox in a lane, if one may go now.
	 * @returns undefined if it must wait
	 */
	tryRun<Result>(lane: string, run: () => Promise<Result>): Promise<Result> | undefined;
	/** One that is held back, and was put on disk meanwhile, is due there: it goes out from there, and from here no more. */
	leaveToDisk(lane: string, isIt: (item: Item) => boolean): void;
	/** Resolves when one from the outbox may go; those that ask are told one after the other. */
	freed(lane: string): Promise<void>;
	/** The ms until the one that asked last is told, as far as is known. */
	freedInMs(lane: string): number;
	/**
	 * Takes all items that are held back out, answering them with what `spill` says: they were put elsewhere.
	 * @param spill `inMs`: when an item would have gone out
	 */
	release(spill: (item: Item, inMs: number) => Promise<Answer>): Promise<void>;
}

export interface OwnTextLimits {
	rate: Rate;
	/** So many are held back in one lane. */
	held: number;
	/**
	 * Of so many publishes in one lane that wait for an answer the pushes are put on disk, so that they can be answered.
	 */
	waiting: number;
}

/**
 * @param run sends an item
 * @param secure puts an item on disk; it stays held. Must not throw
 * @param now a clock in ms that never jumps
 */
export function createOwnTexts<Item>(
	{ rate, held: most, waiting: crowd }: OwnTextLimits,
	run: Run<Item>,
	secure: Run<Item>,
	now: () => number = () => performance.now(),
): OwnTexts<Item> {
	const times = createLaneTimes<Item>(rate, most, now);
	const lanes = createLanes<Lane<Item>>(times.isNew);
	const { hold, answerEarly, leaveToDisk, takeOut } = createHeldOwnTexts({ most, crowd, secure, times });
	const laneOf = (name: string): Lane<Item> => lanes.get(name) ?? times.newLane();

	function take(name: string, lane: Lane<Item>) {
		times.take(lane);
		lanes.use(name, lane);
	}

	function waitForTime(name: string, lane: Lane<Item>) {
		const inMs = times.nextInMs(lane);
		if (inMs !== undefined) lane.timer ??= setTimeout(() => next(name, lane), inMs);
	}

	/** Another one comes first now, or none. */
	function waitAnew(name: string, lane: Lane<Item>) {
		clearTimeout(lane.timer);
		delete lane.timer;
		waitForTime(name, lane);
	}

	function next(name: string, lane: Lane<Item>) {
		delete lane.timer;
		const tell = lane.fromDisk.shift();
		lane.isTold = tell !== undefined;
		if (tell) tell();
		else void sendHeld(name, lane);
		waitForTime(name, lane);
	}

	async function sendHeld(name: string, lane: Lane<Item>) {
		const held = lane.held.shift();
		if (!held) return;
		take(name, lane);
		answerAll(held.waiting, await run(held.item));
	}

	return {
		submit(name, item) {
			lanes.forgetIdle();
			const lane = laneOf(name);
			if (times.isOpen(lane)) {
				take(name, lane);
				return run(item);
			}
			const answer = hold(lane, item);
			waitForTime(name, lane);
			return answer;
		},

		heldIn: (name) => lanes.get(name)?.held.map(({ item }) => item) ?? [],

		tryRun(name, runInLane) {
			lanes.forgetIdle();
			const lane = laneOf(name);
			if (!times.isOpenToDisk(lane)) return undefined;
			lane.isTold = false;
			take(name, lane);
			return runInLane();
		},

		leaveToDisk(name, isIt) {
			const lane = lanes.get(name);
			if (lane) leaveToDisk(lane, isIt);
		},

		freed(name) {
			const lane = lanes.get(name);
			if (!lane) return Promise.resolve();
			const { promise, resolve } = Promise.withResolvers<void>();
			lane.fromDisk.push(resolve);
			answerEarly(lane);
			waitAnew(name, lane);
			return promise;
		},

		freedInMs(name) {
			const lane = lanes.get(name);
			return lane ? times.lastFromDiskInMs(lane) : 0;
		},

		async release(spill) {
			const taken = [...lanes.all()].flatMap(([name, lane]) => {
				const its = takeOut(lane);
				if (its.length > 0) waitAnew(name, lane);
				return its;
			});
			await Promise.all(
				taken.map(async ({ held, inMs }) => answerAll(held.waiting, await spill(held.item, inMs))),
			);
		},
	};
}
