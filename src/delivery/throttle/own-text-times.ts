/**
 * When the next of a lane of pushes with a text of their own may go: so many at once, and then so many a second. First
 * come those from the outbox that wait, and those that were taken out and come back from there; what is held back comes
 * after them.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import { msUntil, tokensAt } from "../../limits/token-buckets.ts";
import type { Held } from "./held-pushes.ts";

export interface Lane<Item> {
	/** How many may go at once, as of `at`. */
	tokens: number;
	at: number;
	/** The oldest first. */
	held: Held<Item>[];
	/** Those from the outbox that wait until they may go, the oldest first. They come before what is held back. */
	fromDisk: (() => void)[];
	/** One of them was told, and has not come yet. */
	isTold: boolean;
	/** What is held back may go from then on: those that were taken out come before it. */
	heldFrom: number;
	timer?: ReturnType<typeof setTimeout>;
}

export interface LaneTimes<Item> {
	/** A lane of which nothing is known: as many may go at once as ever. */
	newLane(): Lane<Item>;
	/** It is as good as new. */
	isNew(lane: Lane<Item>): boolean;
	/** Whether a fresh one may go at once. */
	isOpen(lane: Lane<Item>): boolean;
	/** Whether one from the outbox may go at once. */
	isOpenToDisk(lane: Lane<Item>): boolean;
	/** One goes. */
	take(lane: Lane<Item>): void;
	/** The ms until the next may go; undefined: none waits. */
	nextInMs(lane: Lane<Item>): number | undefined;
	/** The ms until the last of those from the outbox that wait may go. */
	lastFromDiskInMs(lane: Lane<Item>): number;
	/** How many that were taken out come before what is held back. */
	takenOut(lane: Lane<Item>): number;
	/** So many are taken out. @returns the ms until each of them may go out from elsewhere */
	takeOut(lane: Lane<Item>, count: number): number[];
}

/**
 * @param kept the outbox keeps so many of a lane, as far as this goes by it
 * @param now a clock in ms that never jumps
 */
export function createLaneTimes<Item>(rate: Rate, kept: number, now: () => number): LaneTimes<Item> {
	const intervalMs = 1000 / rate.perSecond;
	const tokensOf = (lane: Lane<Item>) => tokensAt(rate, lane, now());
	const isIdle = ({ held, fromDisk }: Lane<Item>) => held.length === 0 && fromDisk.length === 0;
	/** In so many ms those that were taken out are through, and what is held back may go. */
	const heldInMs = ({ heldFrom }: Lane<Item>) => Math.max(0, heldFrom - now());
	/** With the next token, or, where one was told that has not come yet, with the one after it. */
	const tokenInMs = (lane: Lane<Item>) => msUntil(lane.isTold ? 2 : 1, tokensOf(lane), rate);

	return {
		newLane: () => ({
			tokens: rate.burst,
			at: now(),
			held: [],
			fromDisk: [],
			isTold: false,
			heldFrom: Number.NEGATIVE_INFINITY,
		}),

		isNew: (lane) => isIdle(lane) && tokensOf(lane) >= rate.burst && heldInMs(lane) === 0,

		isOpen: (lane) => isIdle(lane) && !lane.isTold && tokensOf(lane) >= 1 && heldInMs(lane) === 0,

		isOpenToDisk: (lane) => lane.isTold || (isIdle(lane) && tokensOf(lane) >= 1),

		take(lane) {
			lane.tokens = tokensOf(lane) - 1;
			lane.at = now();
		},

		nextInMs(lane) {
			if (isIdle(lane)) return undefined;
			const ms = tokenInMs(lane);
			return lane.fromDisk.length > 0 ? ms : Math.max(ms, heldInMs(lane));
		},

		lastFromDiskInMs: (lane) => tokenInMs(lane) + (lane.fromDisk.length - 1) * intervalMs,

		takenOut: (lane) => Math.max(0, heldInMs(lane) / intervalMs - 1),

		takeOut(lane, count) {
			// The outbox keeps so many of a lane; what comes after them must not be put off for ever.
			const after = Math.min(heldInMs(lane), (kept + 1) * intervalMs);
			const first = Math.max(msUntil(1, tokensOf(lane), rate), after);
			lane.heldFrom = now() + first + count * intervalMs;
			return Array.from({ length: count }, (_, place) => first + place * intervalMs);
		},
	};
}
