/**
 * The pace of pushes with a text of their own: per registration and class so many at once, and then so many a second.
 * None makes up for another, so several are held back, and go out in their order; beyond that the newest supersedes the
 * oldest that is held back. What comes from the outbox keeps to the same pace.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import { msUntil, tokensAt } from "../../limits/token-buckets.ts";
import type { Answer } from "../../types.ts";
import { answerAll, type Held } from "./held-pushes.ts";
import type { Run, Throttle } from "./throttle.ts";

interface Lane<Item> {
	/** How many may go at once, as of `at`. */
	tokens: number;
	at: number;
	/** The oldest first. */
	held: Held<Item>[];
	/** Those from the outbox that wait until they may go, the oldest first. They come before what is held back. */
	fromDisk: (() => void)[];
	/** One of them was told, and has not come yet. */
	isTold: boolean;
	/** What is held back has its turn from then on: those that were taken out come before it. */
	heldFrom: number;
	timer?: ReturnType<typeof setTimeout>;
}

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
	/**
	 * Takes all items that are held back out, answering them with what `spill` says: they were put elsewhere.
	 * @param spill `inMs`: when an item would have gone out
	 */
	release(spill: (item: Item, inMs: number) => Promise<Answer>): Promise<void>;
}

/**
 * @param limits.held so many are held back in one lane
 * @param limits.waiting of so many publishes in one lane that wait for an answer the pushes are put on disk, so that
 *   they can be answered
 * @param run sends an item
 * @param secure puts an item on disk; it stays held. Must not throw
 * @param now a clock in ms that never jumps
 */
export function createOwnTexts<Item>(
	{ rate, held: most, waiting: crowd }: { rate: Rate; held: number; waiting: number },
	run: Run<Item>,
	secure: Run<Item>,
	now: () => number = () => performance.now(),
): OwnTexts<Item> {
	// Ordered by their latest push, since a lane moves to the end with it. A lane that is not here is full.
	const lanes = new Map<string, Lane<Item>>();

	const intervalMs = 1000 / rate.perSecond;
	const tokensOf = (lane: Lane<Item>) => tokensAt(rate, lane, now());
	const isIdle = ({ held, fromDisk }: Lane<Item>) => held.length === 0 && fromDisk.length === 0;
	const laneOf = (name: string): Lane<Item> =>
		lanes.get(name) ?? {
			tokens: rate.burst,
			at: now(),
			held: [],
			fromDisk: [],
			isTold: false,
			heldFrom: Number.NEGATIVE_INFINITY,
		};
	/** In so many ms those that were taken out are through, and the next one has its turn. */
	const heldInMs = ({ heldFrom }: Lane<Item>) => Math.max(0, heldFrom - now());

	function forgetFull() {
		for (const [name, lane] of lanes) {
			if (!isIdle(lane) || tokensOf(lane) < rate.burst || heldInMs(lane) > 0) return;
			lanes.delete(name);
		}
	}

	function take(name: string, lane: Lane<Item>) {
		lane.tokens = tokensOf(lane) - 1;
		lane.at = now();
		lanes.delete(name);
		lanes.set(name, lane);
	}

	/** Its turn comes with the next token, or, where one was told that has not come yet, with the one after it. */
	function waitForToken(name: string, lane: Lane<Item>) {
		if (isIdle(lane)) return;
		const ms = msUntil(lane.isTold ? 2 : 1, tokensOf(lane), rate);
		const itsMs = lane.fromDisk.length > 0 ? ms : Math.max(ms, heldInMs(lane));
		lane.timer ??= setTimeout(() => next(name, lane), itsMs);
	}

	/** Another one comes first now, or none. */
	function waitAnew(name: string, lane: Lane<Item>) {
		clearTimeout(lane.timer);
		delete lane.timer;
		waitForToken(name, lane);
	}

	/** @returns the ms until each of so many may go out from elsewhere */
	function takeTurns(lane: Lane<Item>, count: number): number[] {
		// The outbox keeps so many of a lane; what comes after them must not be put off for ever.
		const after = Math.min(heldInMs(lane), (most + 1) * intervalMs);
		const first = Math.max(msUntil(1, tokensOf(lane), rate), after);
		lane.heldFrom = now() + first + count * intervalMs;
		return Array.from({ length: count }, (_, place) => first + place * intervalMs);
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
		waitForToken(name, lane);
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
		const takenOut = Math.max(0, heldInMs(lane) / intervalMs - 1);
		const isLate = lane.fromDisk.length + takenOut + lane.held.length > most;
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

	return {
		submit(name, item) {
			forgetFull();
			const lane = laneOf(name);
			if (isIdle(lane) && !lane.isTold && tokensOf(lane) >= 1 && heldInMs(lane) === 0) {
				take(name, lane);
				return run(item);
			}
			const answer = hold(lane, item);
			waitForToken(name, lane);
			return answer;
		},

		heldIn: (name) => lanes.get(name)?.held.map(({ item }) => item) ?? [],

		tryRun(name, runInLane) {
			forgetFull();
			const lane = laneOf(name);
			if (!lane.isTold && (!isIdle(lane) || tokensOf(lane) < 1)) return undefined;
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

		async release(spill) {
			const released = [...lanes].flatMap(([name, lane]) => {
				const held = lane.held.splice(0);
				if (held.length === 0) return [];
				const turns = takeTurns(lane, held.length);
				waitAnew(name, lane);
				return held.map((one, place) => ({ held: one, inMs: turns[place] ?? 0 }));
			});
			await Promise.all(
				released.map(async ({ held, inMs }) => answerAll(held.waiting, await spill(held.item, inMs))),
			);
		},
	};
}
