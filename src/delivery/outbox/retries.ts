/** Entries of the outbox that are being tried: so many at once, and what their queue learns from each. */
import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { about } from "../../messages/about.ts";
import { nodeForm } from "../../messages/whom.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Outbox, OutboxEntry } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import type { Tried } from "../push-item.ts";
import { entryName, type Queue, type QueueSort } from "./known-queues.ts";

export interface Retries {
	/** How many more entries of such queues may be tried now. */
	places(sort: QueueSort): number;
	/** Tries an entry; it is in hand, and has a place, from now on. */
	start(name: QueueName, queue: Queue, entry: OutboxEntry): void;
	/** Resolves when those that are being tried are through. */
	done(): Promise<void>;
}

/** How many entries are tried at once, and how many of those that strangers left there. */
const CONCURRENCY = deliveryBounds.retries.is;
const STRANGERS = deliveryBounds.strangersRetries.is;

/** Entries of one queue that wait for their lanes: beyond, they are put off. */
const WAITING = deliveryBounds.waitingForLane.is;

/** When to look again at the latest whether the lane of an entry is free that found so many waiting already, ms. */
const PUT_OFF_MS = 60_000;

/**
 * @param effects.retry tries one entry, and leaves the outbox in the state that follows; throws if it cannot
 * @param effects.note a queue has an entry that is due then
 * @param effects.onPlace a place is free, or an entry may be tried
 * @param effects.onFault the outbox could not be written
 */
export function createRetries(
	outbox: Pick<Outbox, "change">,
	{
		retry,
		note,
		onPlace,
		onFault,
		log,
		now,
	}: {
		retry(entry: OutboxEntry): Promise<Tried>;
		note(name: QueueName, dueAt: number): void;
		onPlace(): void;
		onFault(): void;
		log: Logger;
		now(): number;
	},
): Retries {
	const onTheirWay = new Set<Promise<void>>();
	/** How many of them are strangers'. */
	let strangers = 0;

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
		letGo(name, queue, entry);
		note(name, now());
		onPlace();
	}

	async function tryOne(name: QueueName, queue: Queue, entry: OutboxEntry): Promise<void> {
		try {
			const tried = await retry(entry);
			if (tried.kind === "done") queue.fullUntil = Number.NEGATIVE_INFINITY;
			else if (tried.kind === "turned-away") noteTurnedAway(name, queue, tried);
			else if (queue.inHand.size > WAITING) await putOff(name, entry, tried.at);
			else return void waitForLane(name, queue, entry, tried.free);
		} catch (error) {
			log.error(
				"The outbox in {dataDir} cannot be written. It is tried again in a minute, and a push to {node} may be sent twice: {error}",
				about("outbox-unwritable", { node: nodeForm(entry.node), error: faultOf(error) }),
			);
			note(name, now());
			onFault();
		}
		letGo(name, queue, entry);
	}

	return {
		places: (sort) =>
			Math.min(CONCURRENCY - onTheirWay.size, sort === "strangers" ? STRANGERS - strangers : CONCURRENCY),

		start(name, queue, entry) {
			queue.inHand.add(entryName(entry));
			queue.active++;
			if (queue.sort === "strangers") strangers++;
			const trying = tryOne(name, queue, entry).then(() => {
				queue.active--;
				if (queue.sort === "strangers") strangers--;
				onTheirWay.delete(trying);
				onPlace();
			});
			onTheirWay.add(trying);
		},

		async done() {
			await Promise.all(onTheirWay);
		},
	};
}
