/**
 * When a push may go: each registration and class is a lane, and each lane keeps a pace. Pushes with a text of their own
 * (own-texts.ts), those that only wake the app (throttle.ts), and calls and events (bursts.ts) have one each.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { isOwnSlot, ownSlot } from "../../store/local/outbox-slots.ts";
import type { Answer, PushClass } from "../../types.ts";
import { isLeftByStrangers, NO_ROOM, type Secure } from "../outbox/outbox-writes.ts";
import { type Item, isThrottled, type Tried } from "../push-item.ts";
import type { Send } from "../sending.ts";
import { createBursts } from "./bursts.ts";
import type { OwnTextDevices } from "./own-text-devices.ts";
import { createOwnTexts } from "./own-texts.ts";
import { createSuperseding } from "./superseding.ts";
import { createThrottle } from "./throttle.ts";

/** What has a text of its own: ejabberd's patience is for those that are held back longest, and their sending. */
const OWN_TEXTS = {
	rate: deliveryBounds.ownTexts.is,
	held: deliveryBounds.ownTextsHeld.is,
	waiting: deliveryBounds.waitingInLane.is,
};
/** How long it is held back at the most. */
const HELD_MS = (OWN_TEXTS.held / OWN_TEXTS.rate.perSecond) * 1000;

export interface Pacing {
	/** Sends a fresh push, now or when its lane lets it, or another one of its lane in its place. Never throws. */
	submit(item: Item): Promise<Answer>;
	/**
	 * Tries one from the outbox, if its lane is free.
	 * @param pushClass as the outbox has it
	 */
	tryRun(item: Item, pushClass: PushClass, run: () => Promise<Tried>): Promise<Tried>;
	/**
	 * Puts all that is held back on disk, and answers it.
	 * @param hasRoom whether the disk has room for what strangers leave there; theirs are let go of without it
	 */
	release(hasRoom: boolean): Promise<void>;
}

const laneOf = (node: string, pushClass: PushClass) => `${node} ${pushClass}`;

/**
 * @param deps.refusalOf what to answer a publisher who may not publish this, as far as is known. Must not throw
 */
export function createPacing({
	intervalMs,
	sendDeadlineMs,
	send,
	secure,
	refusalOf,
	ownTextDevices,
	now,
}: {
	intervalMs: number;
	sendDeadlineMs: number;
	send: Send;
	secure: Secure;
	refusalOf(item: Item): Promise<Answer | undefined>;
	ownTextDevices: Pick<OwnTextDevices, "mayHaveOwnText">;
	now(): number;
}): Pacing {
	const crowd = {
		most: deliveryBounds.waitingInLane.is,
		secure: (item: Item) => secure([item], now() + sendDeadlineMs),
	};
	const sendIt = (item: Item) => send(item, sendAsCommon);
	const throttle = createThrottle<Item>(intervalMs, sendIt, { crowd });
	const bursts = createBursts<Item>(deliveryBounds.urgent.is, sendIt, { crowd });
	const ownTexts = createOwnTexts<Item>(OWN_TEXTS, sendIt, (item) =>
		// Not before all that are held back may go.
		secure([item], now() + HELD_MS + sendDeadlineMs),
	);
	const superseding = createSuperseding(refusalOf);

	/** It turned out that its text does not leave. A newer one that is held back is in its place already. */
	function sendAsCommon(item: Item): Promise<Answer> {
		delete item.slot;
		const lane = laneOf(item.node, item.notification.class);
		const held = throttle.heldIn(lane);
		return throttle.submit(lane, held && held.version > item.version ? held : item);
	}

	/** None supersedes another before there are many. */
	async function submitOwnText(lane: string, item: Item): Promise<Answer> {
		item.slot = ownSlot(item.version);
		if (ownTexts.heldIn(lane).some(({ publisher }) => publisher !== item.publisher)) {
			const refusal = await refusalOf(item);
			if (refusal) return refusal;
			delete item.publisher;
		}
		return ownTexts.submit(lane, item);
	}

	return {
		submit(item) {
			const { node, notification } = item;
			const lane = laneOf(node, notification.class);
			if (ownTextDevices.mayHaveOwnText(item)) return submitOwnText(lane, item);
			return superseding.submit(isThrottled(notification.class) ? throttle : bursts, lane, item);
		},

		async tryRun({ node, slot, version }, pushClass, run) {
			if (!isThrottled(pushClass)) return run();
			const lane = laneOf(node, pushClass);
			if (!isOwnSlot(slot)) {
				return throttle.tryRun(lane, run) ?? { kind: "taken", free: throttle.freed(lane) };
			}
			// It is due before its turn came, behind others from the disk or where the clock was set forward.
			ownTexts.leaveToDisk(lane, (item) => item.version === version);
			const trying = ownTexts.tryRun(lane, run);
			if (trying) return trying;
			const free = ownTexts.freed(lane);
			return { kind: "taken", free, at: now() + ownTexts.freedInMs(lane) };
		},

		async release(hasRoom) {
			const at = now();
			const later = async (item: Item, inMs: number) =>
				hasRoom || !isLeftByStrangers(item) ? secure([item], Math.ceil(at + inMs)) : NO_ROOM;
			await Promise.all([
				throttle.release((items) => secure(items, at + intervalMs)),
				bursts.release(later),
				ownTexts.release(later),
			]);
		},
	};
}
