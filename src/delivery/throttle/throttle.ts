/**
 * The trailing-edge throttle: per registration and class at most one push an interval, the first at once, the
 * last at the interval's end. What comes between is superseded (held-pushes.ts).
 *
 * A lane also keeps order: while a push is on its way, the next of its lane waits.
 */
import type { Answer } from "../../types.ts";
import { answerAll, type Crowd, type Holding, hold, takeHeld } from "./held-pushes.ts";
import { createLanes } from "./lanes.ts";

/** Sends one item and says what became of it. Must not throw. */
export type Run<Item> = (item: Item) => Promise<Answer>;

export interface Throttle<Item> {
	/** Sends now, or holds the item back until its lane opens; the newest held item supersedes the others. */
	submit(lane: string, item: Item): Promise<Answer>;
	/**
	 * Runs something in a lane, if nothing is on its way or held back there.
	 * @returns undefined if the lane is taken
	 */
	tryRun<Result>(lane: string, run: () => Promise<Result>): Promise<Result> | undefined;
	/** Resolves when nothing is on its way or held back in a lane. */
	freed(lane: string): Promise<void>;
	/** Takes all items that are held back out, answering them with what `spill` says: they were put elsewhere. */
	release(spill: (items: Item[]) => Promise<Answer>): Promise<void>;
	/** The item that is held back in a lane. */
	heldIn(lane: string): Item | undefined;
}

interface Lane<Item> extends Holding<Item> {
	/** One is on its way. */
	isBusy: boolean;
	/** When the next item may go out, on the throttle's own clock. */
	opensAt: number;
	/** Whoever waits for it to be free. */
	freed?: PromiseWithResolvers<void>;
}

/**
 * @param intervalMs 0: nothing is held back but for order
 * @param run sends an item
 * @param options.crowd what to do where many wait for one answer; missing: they wait
 * @param options.now a clock in ms that never jumps: an hour set back must not hold a push for an hour
 */
export function createThrottle<Item>(
	intervalMs: number,
	run: Run<Item>,
	{ crowd, now = () => performance.now() }: { crowd?: Crowd<Item>; now?: () => number } = {},
): Throttle<Item> {
	const isTaken = (lane: Lane<Item>) => lane.isBusy || lane.held !== undefined;
	const isOpen = (lane: Lane<Item>) => !isTaken(lane) && lane.opensAt <= now();
	const lanes = createLanes<Lane<Item>>(isOpen);

	function take(name: string): Lane<Item> {
		const lane = lanes.get(name) ?? { isBusy: false, opensAt: 0 };
		lanes.use(name, lane);
		lane.isBusy = true;
		lane.opensAt = now() + intervalMs;
		return lane;
	}

	function leave(name: string, lane: Lane<Item>) {
		lane.isBusy = false;
		if (lane.held) return waitForOpening(name, lane);
		tellFreed(lane);
		if (intervalMs === 0) lanes.forget(name);
	}

	function tellFreed(lane: Lane<Item>) {
		lane.freed?.resolve();
		delete lane.freed;
	}

	function waitForOpening(name: string, lane: Lane<Item>) {
		const wait = lane.opensAt - now();
		if (wait <= 0) sendHeld(name, lane);
		else lane.timer = setTimeout(() => sendHeld(name, lane), wait);
	}

	async function sendHeld(name: string, lane: Lane<Item>) {
		const held = takeHeld(lane);
		if (!held) return;
		answerAll(held.waiting, await send(name, held.item));
	}

	async function send(name: string, item: Item): Promise<Answer> {
		const lane = take(name);
		try {
			return await run(item);
		} finally {
			leave(name, lane);
		}
	}

	return {
		submit(name, item) {
			lanes.forgetIdle();
			const lane = lanes.get(name);
			if (!lane || isOpen(lane)) return send(name, item);
			const isFirst = lane.held === undefined;
			const { held, answer } = hold(lane.held, item, crowd);
			lane.held = held;
			if (isFirst && !lane.isBusy) waitForOpening(name, lane);
			return answer;
		},

		tryRun(name, runInLane) {
			const lane = lanes.get(name);
			if (lane && isTaken(lane)) return undefined;
			const taken = take(name);
			return runInLane().finally(() => leave(name, taken));
		},

		async release(spill) {
			const released = [...lanes.all()].flatMap(([, lane]) => {
				const held = takeHeld(lane);
				return held ? [{ lane, ...held }] : [];
			});
			if (released.length === 0) return;
			const answer = await spill(released.map((held) => held.item));
			for (const { lane, waiting } of released) {
				answerAll(waiting, answer);
				if (!isTaken(lane)) tellFreed(lane);
			}
		},

		freed(name) {
			const lane = lanes.get(name);
			if (!lane || !isTaken(lane)) return Promise.resolve();
			lane.freed ??= Promise.withResolvers();
			return lane.freed.promise;
		},

		heldIn: (name) => lanes.get(name)?.held?.item,
	};
}
