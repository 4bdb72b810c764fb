/**
 * Messages of Push 2.0 are published once: nobody hears that one was lost, and a component's server keeps none. So what
 * takes longer than a moment, at its push service or held back by its pace, is put on disk meanwhile.
 */
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { push2Bounds } from "../limits/bounds/push2.ts";
import type { Answer } from "../types.ts";
import { isLeftByStrangers, type Secure } from "./outbox/outbox-writes.ts";
import type { Item } from "./push-item.ts";

/** Most push services have answered by then, and nothing is written, ms. */
const MOMENT_MS = push2Bounds.unwritten.is;
/** Nothing is held back by its pace for longer, ms. */
const HELD_MS = (deliveryBounds.ownTextsHeld.is / deliveryBounds.ownTexts.is.perSecond) * 1000;

export interface KeptDeps {
	secure: Secure;
	/** Whether the disk has room for what strangers leave there. */
	mayGrow(): Promise<boolean>;
	sendDeadlineMs: number;
	now(): number;
}

/**
 * @param answer of the push, which goes on whatever is on disk
 * @returns that answer
 */
export function keptMeanwhile(
	item: Item,
	answer: Promise<Answer>,
	{ secure, mayGrow, sendDeadlineMs, now }: KeptDeps,
): Promise<Answer> {
	async function keep() {
		const isRefused = isLeftByStrangers(item) && !(await mayGrow());
		if (isRefused || item.isPromised || item.isBeingKept || item.isSuperseded || isOver) return;
		// Not due before it was through here, if this process lives.
		await secure([item], now() + HELD_MS + sendDeadlineMs);
	}

	let isOver = false;
	const timer = setTimeout(() => void keep(), MOMENT_MS);
	const end = () => {
		isOver = true;
		clearTimeout(timer);
	};
	void answer.then(end, end);
	return answer;
}
