/**
 * The pace of pushes with a text of their own: per registration and class so many at once, and then so many a second.
 * None makes up for another, so several are held back, and go out in their order; beyond that the newest supersedes the
 * oldest that is held back. What comes from the outbox keeps to the same pace.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import type { Answer } from "../../types.ts";
import { answerAll, type Held } from "./held-pushes.ts";
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
		else {
			const held = lane.held.shift();
			if (held) void send(name, lane, held);
		}
		waitForTime(name, lane);
	}

	async function send(name: string, lane: Lane<Item>, { item, waiting }: Held<Item>) {
		take(name, lane);
		answerAll(waiting, await run(item));
	}

	/**
	 * Puts on disk, and answers, what many publishes wait for, or what would be answered too late: those from the outbox
	 * come before it.
	 */
	function answerEarly(lane: Lane<Item>) {
		const isLate = lane.fromDisk.length + times.takenOut(lane) + lane.held.length > most;
		if (!isLate && lane.held.reduce((sum, { waiting }) => sum + waiting.length, 0) < crowd) return;
		for (const { item, waiting } of lane.held) {
			const all = waiting.splice(0);
			if (all.length > 0) void secure(item).then((secured) => answerAll(all, secured));
		}
	}

	function hold(lane: Lane<Item>, item: Item): Promise<Answer> {
		const oldest = lane.held.length >= most ? lane.held.shift() : undefined;
		const waiting = oldest?.waiting ?? [];
		const answer = new Promise<Answer>((resolve) => waiting.push(resolve));
		lane.held.push({ item, waiting });
		answerEarly(lane);
		return answer;
	}

	/** @returns all that was held back, and the ms until each of it may go out from elsewhere */
	const takeOutAll = (): { held: Held<Item>; inMs: number }[] =>
		[...lanes.all()].flatMap(([name, lane]) => {
			const held = lane.held.splice(0);
			if (held.length === 0) return [];
			const inMs = times.takeOut(lane, held.length);
			waitAnew(name, lane);
			return held.map((one, place) => ({ held: one, inMs: inMs[place] ?? 0 }));
		});

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
			const place = lane?.held.findIndex(({ item }) => isIt(item)) ?? -1;
			if (!lane || place < 0) return;
			for (const { waiting } of lane.held.splice(place, 1))
				answerAll(waiting, { kind: "done", how: "queued" });
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
			await Promise.all(
				takeOutAll().map(async ({ held, inMs }) => answerAll(held.waiting, await spill(held.item, inMs))),
			);
		},
	};
}
