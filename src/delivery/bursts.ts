/**
 * The pace of what is not throttled, calls and events of the account: per registration and class so many at once, and
 * then so many a second. What is beyond that is held back until its time has come, and the newest supersedes it.
 */
import type { Rate } from "../limits/bounds/bound.ts";
import type { Answer } from "../types.ts";
import { answerAll, type Crowd, type Held, hold } from "./held.ts";
import type { Run, Throttle } from "./throttle.ts";

interface Lane<Item> {
	/** How many may go at once, as of `at`. */
	tokens: number;
	at: number;
	held?: Held<Item>;
	timer?: ReturnType<typeof setTimeout>;
}

/**
 * @param run sends an item
 * @param now a clock in ms that never jumps
 */
export function createBursts<Item>(
	{ burst, perSecond }: Rate,
	run: Run<Item>,
	crowd?: Crowd<Item>,
	now: () => number = () => performance.now(),
): Pick<Throttle<Item>, "submit" | "release" | "heldIn"> {
	// Ordered by their latest push, since a lane moves to the end with it. A lane that is not here is full.
	const lanes = new Map<string, Lane<Item>>();

	const tokensOf = ({ tokens, at }: Lane<Item>) =>
		Math.min(burst, tokens + ((now() - at) / 1000) * perSecond);

	function forgetFull() {
		for (const [name, lane] of lanes) {
			if (lane.held || tokensOf(lane) < burst) return;
			lanes.delete(name);
		}
	}

	/** Sends one, which takes a token. */
	function send(name: string, lane: Lane<Item>, item: Item): Promise<Answer> {
		lane.tokens = tokensOf(lane) - 1;
		lane.at = now();
		lanes.delete(name);
		lanes.set(name, lane);
		return run(item);
	}

	function takeHeld(lane: Lane<Item>): Held<Item> | undefined {
		const { held } = lane;
		clearTimeout(lane.timer);
		delete lane.held;
		delete lane.timer;
		return held;
	}

	async function sendHeld(name: string, lane: Lane<Item>) {
		const held = takeHeld(lane);
		if (held) answerAll(held.waiting, await send(name, lane, held.item));
	}

	return {
		submit(name, item) {
			forgetFull();
			const lane = lanes.get(name) ?? { tokens: burst, at: now() };
			const tokens = tokensOf(lane);
			if (!lane.held && tokens >= 1) return send(name, lane, item);
			const { held, answer } = hold(lane.held, item, crowd);
			lane.held = held;
			lane.timer ??= setTimeout(() => void sendHeld(name, lane), ((1 - tokens) / perSecond) * 1000);
			return answer;
		},

		async release(spill) {
			const released = [...lanes.values()].flatMap((lane) => takeHeld(lane) ?? []);
			if (released.length === 0) return;
			const answer = await spill(released.map(({ item }) => item));
			for (const { waiting } of released) answerAll(waiting, answer);
		},

		heldIn: (name) => lanes.get(name)?.held?.item,
	};
}
