/**
 * The pace of what is not throttled, calls and events of the account: per registration and class so many at once, and
 * then so many a second. What is beyond that is held back until its time has come, and the newest supersedes it.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import { msUntil, tokensAt } from "../../limits/token-buckets.ts";
import type { Answer } from "../../types.ts";
import { answerAll, type Crowd, type Holding, hold, takeHeld } from "./held-pushes.ts";
import { createLanes } from "./lanes.ts";
import type { Run, Throttle } from "./throttle.ts";

interface Lane<Item> extends Holding<Item> {
	/** How many may go at once, as of `at`. */
	tokens: number;
	at: number;
	/** When the one that was put elsewhere goes out: until then a newer one there takes its place. */
	releasedUntil?: number;
}

/** As those of the throttle, but for what is held back: each goes elsewhere with the time that it has there. */
export interface Bursts<Item> extends Pick<Throttle<Item>, "submit" | "heldIn"> {
	/**
	 * Takes all items that are held back out, answering them with what `spill` says: they were put elsewhere.
	 * @param spill `inMs`: when an item may go out from there
	 */
	release(spill: (item: Item, inMs: number) => Promise<Answer>): Promise<void>;
}

/**
 * @param run sends an item
 * @param options.crowd what to do where many wait for one answer; missing: they wait
 * @param options.now a clock in ms that never jumps
 */
export function createBursts<Item>(
	rate: Rate,
	run: Run<Item>,
	{ crowd, now = () => performance.now() }: { crowd?: Crowd<Item>; now?: () => number } = {},
): Bursts<Item> {
	const tokensOf = (lane: Lane<Item>) => tokensAt(rate, lane, now());
	const lanes = createLanes<Lane<Item>>((lane) => !lane.held && tokensOf(lane) >= rate.burst);

	/** Sends one, which takes a token. */
	function send(name: string, lane: Lane<Item>, item: Item): Promise<Answer> {
		lane.tokens = tokensOf(lane) - 1;
		lane.at = now();
		lanes.use(name, lane);
		return run(item);
	}

	/** What goes out from elsewhere takes a token too. @returns the ms until it may */
	function reserve(lane: Lane<Item>): number {
		const at = now();
		if (lane.releasedUntil !== undefined && lane.releasedUntil > at) return lane.releasedUntil - at;
		const tokens = tokensOf(lane);
		const inMs = msUntil(1, tokens, rate);
		lane.tokens = tokens - 1;
		lane.at = at;
		lane.releasedUntil = at + inMs;
		return inMs;
	}

	async function sendHeld(name: string, lane: Lane<Item>) {
		const held = takeHeld(lane);
		if (held) answerAll(held.waiting, await send(name, lane, held.item));
	}

	return {
		submit(name, item) {
			lanes.forgetIdle();
			const lane = lanes.get(name) ?? { tokens: rate.burst, at: now() };
			const tokens = tokensOf(lane);
			if (!lane.held && tokens >= 1) return send(name, lane, item);
			const { held, answer } = hold(lane.held, item, crowd);
			lane.held = held;
			lane.timer ??= setTimeout(() => void sendHeld(name, lane), msUntil(1, tokens, rate));
			return answer;
		},

		async release(spill) {
			await Promise.all(
				[...lanes.all()].map(async ([, lane]) => {
					const held = takeHeld(lane);
					if (held) answerAll(held.waiting, await spill(held.item, reserve(lane)));
				}),
			);
		},

		heldIn: (name) => lanes.get(name)?.held?.item,
	};
}
