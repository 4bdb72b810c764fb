/** Entries of the outbox that are being tried: so many at once, and what their queue learns from each. */
import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { about } from "../../messages/about.ts";
import { nodeForm } from "../../messages/whom.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Outbox, OutboxEntry } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import type { Tried } from "../push-item.ts";
import { entryName, noneAhead, type Queue, type QueueSort } from "./known-queues.ts";
import type { Retry } from "./one-retry.ts";
import { NotRemoved } from "./outbox-writes.ts";

export interface Retries {
	/** How many more entries of such queues may be tried now. */
	places(sort: QueueSort): number;
	/** Tries an entry; it is in hand, and has a place, from now on. */
	start(name: QueueName, queue: Queue, entry: OutboxEntry): void;
	/**
	 * Takes off the disk what is through and could not be taken off it then.
	 * @returns whether nothing of that is left
	 */
	removeOwed(): Promise<boolean>;
	/** Resolves when those that are being tried are through. */
	done(): Promise<void>;
}

/** How many entries are tried at once, and how many of those that strangers left there. */
const CONCURRENCY = deliveryBounds.retries.is;
const STRANGERS = deliveryBounds.strangersRetries.is;

/** Those whose push service answered have no place any more, but may not be without number where the disk is slow. */
const IN_HAND = deliveryBounds.retriesInHand.is;

/** Entries of one queue that wait for their lanes: beyond, they are put off. */
const WAITING = deliveryBounds.waitingForLane.is;

/** When to look again at the latest whether the lane of an entry is free that found so many waiting already, ms. */
const PUT_OFF_MS = 60_000;

/**
 * @param effects.retry tries one entry, and leaves the outbox in the state that follows; throws if it cannot
 * @param effects.note a queue has an entry that is due then
 * @param effects.onPlace a place is free, or an entry may be tried
 * @param effects.onFault the outbox could not be written
 * @param effects.isResting whether it was told of that already
 */
export function createRetries(
	outbox: Pick<Outbox, "change">,
	{
		retry,
		note,
		onPlace,
		onFault,
		isResting,
		log,
		now,
	}: {
		retry: Retry;
		note(name: QueueName, dueAt: number): void;
		onPlace(): void;
		onFault(): void;
		isResting(): boolean;
		log: Logger;
		now(): number;
	},
): Retries {
	const onTheirWay = new Set<Promise<void>>();
	const taken = createPlaces(onPlace);
	/** What is through and could not be taken off the disk: it is in hand until then, and not sent again. */
	const owed = new Set<{ name: QueueName; queue: Queue; entry: OutboxEntry; fault: NotRemoved }>();

	/** On their way, or answered and not off the disk yet. */
	const inHand = () => onTheirWay.size + owed.size;

	function letGo(name: QueueName, queue: Queue, entry: OutboxEntry) {
		queue.inHand.delete(entryName(entry));
		// It may have been the last: a queue is forgotten when it is found empty.
		if (queue.inHand.size === 0) note(name, now());
	}

	function noteTurnedAway(
		name: QueueName,
		queue: Queue,
		{ at, isFull }: Extract<Tried, { kind: "turned-away" }>,
	) {
		readAnew(queue);
		note(name, now());
		const until = isFull ? "fullUntil" : "shutUntil";
		queue[until] = Math.max(queue[until], at);
	}

	/** Devices that are published to without end never free their lanes, and others must not wait for that. */
	async function putOff(name: QueueName, entry: OutboxEntry, freeAt = Number.POSITIVE_INFINITY) {
		const dueAt = Math.ceil(Math.min(freeAt, now() + PUT_OFF_MS));
		await outbox.change({ ...entry, dueAt });
		note(name, dueAt);
	}

	/** It has no place while it waits for its lane, and is looked at again then. */
	async function waitForLane(name: QueueName, queue: Queue, entry: OutboxEntry, free: Promise<void>) {
		await free;
		readAnew(queue);
		letGo(name, queue, entry);
		note(name, now());
		onPlace();
	}

	function noteFault({ node }: OutboxEntry, error: unknown) {
		// Those that are written together fail together.
		if (!isResting())
			log.error(
				"The outbox in {dataDir} cannot be written. It is tried again in a minute, and a push to {node} may be sent twice: {error}",
				about("outbox-unwritable", { node: nodeForm(node), error: faultOf(error) }),
			);
		onFault();
	}

	async function tryOne(
		name: QueueName,
		queue: Queue,
		entry: OutboxEntry,
		onAnswered: () => void,
	): Promise<void> {
		try {
			const tried = await retry(entry, onAnswered);
			if (tried.kind === "done") queue.fullUntil = Number.NEGATIVE_INFINITY;
			else if (tried.kind === "turned-away") noteTurnedAway(name, queue, tried);
			else if (queue.inHand.size > WAITING) await putOff(name, entry, tried.at);
			else return void waitForLane(name, queue, entry, tried.free);
		} catch (error) {
			noteFault(entry, error);
			if (error instanceof NotRemoved) return void owed.add({ name, queue, entry, fault: error });
			readAnew(queue);
			note(name, now());
		}
		letGo(name, queue, entry);
	}

	return {
		places(sort) {
			const ofSort = sort === "strangers" ? STRANGERS - taken.strangers() : CONCURRENCY;
			return Math.min(CONCURRENCY - taken.all(), IN_HAND - inHand(), ofSort);
		},

		start(name, queue, entry) {
			queue.inHand.add(entryName(entry));
			const leavePlace = taken.take(queue);
			const onAnswered = () => {
				queue.fullUntil = Number.NEGATIVE_INFINITY;
				leavePlace();
			};
			const trying = tryOne(name, queue, entry, onAnswered).then(() => {
				const wasFull = inHand() >= IN_HAND;
				onTheirWay.delete(trying);
				leavePlace();
				if (wasFull || queue.inHand.size === 0) onPlace();
			});
			onTheirWay.add(trying);
		},

		async removeOwed() {
			for (const one of owed) {
				const { name, queue, entry, fault } = one;
				try {
					await fault.removeAgain();
				} catch (error) {
					noteFault(entry, error);
					return false;
				}
				owed.delete(one);
				letGo(name, queue, entry);
			}
			return true;
		},

		async done() {
			await Promise.all(onTheirWay);
		},
	};
}

/** The places of entries that their push services did not answer yet. @param onFree one is free */
function createPlaces(onFree: () => void) {
	let all = 0;
	let strangers = 0;

	function count(queue: Queue, by: 1 | -1) {
		all += by;
		if (queue.sort === "strangers") strangers += by;
		queue.active += by;
	}

	return {
		all: () => all,
		strangers: () => strangers,
		/** @returns frees the place; calling it again does nothing */
		take(queue: Queue): () => void {
			count(queue, 1);
			let isFree = false;
			return () => {
				if (isFree) return;
				isFree = true;
				count(queue, -1);
				onFree();
			};
		},
	};
}

/** One of its entries waits on: the older ones come before those that were read ahead. */
function readAnew(queue: Queue) {
	queue.ahead = noneAhead();
}
