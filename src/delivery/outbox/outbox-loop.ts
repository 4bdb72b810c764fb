/**
 * Sends what is due in the outbox: started by a timer for the next due time, never by polling.
 *
 * Each gate has a queue of its own. A queue whose gate turned an entry away is left alone until the gate asked to be
 * asked again: nothing is read or written for what waits in it, and no other queue waits behind it.
 *
 * Of hosts that clients choose there may be any number of queues (queue-names.ts). They come after the others, have half
 * of the places, and where there are more of them than are known at once, they have their turns (known-queues.ts).
 */
import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Outbox, OutboxEntry } from "../../store/local/outbox.ts";
import type { QueueName } from "../../store/local/queue-names.ts";
import type { Tried } from "../push-item.ts";
import { createKnownQueues, type Queue } from "./known-queues.ts";

/** Entries of one queue that are tried at once: as many as its gate may let through. */
const RETRIES = deliveryBounds.retriesOfGate.is;

/** How many entries are tried at once, and how many of those that strangers left there. */
const CONCURRENCY = deliveryBounds.retries.is;
const STRANGERS = deliveryBounds.strangersRetries.is;

/** Entries of one queue that wait for their lanes: beyond, they are put off. */
const WAITING = deliveryBounds.waitingForLane.is;

/** When to look again at the latest whether the lane of an entry is free that found so many waiting already, ms. */
const PUT_OFF_MS = 60_000;

/** Where there are more queues than are known at once, how long the same ones are known, ms. */
const KNOWN_MS = 60_000;

/** The longest a timer may run: a clock that was set is noticed after this long. */
const LONGEST_SLEEP_MS = 60_000;
/** So little may be what keeps clocks right, and costs nobody much, ms. */
const SET_BACK_MS = 1_000;

/** After a fault of the outbox itself: a full disk may let us send but not note it, which doubles pushes. */
const FAULT_MS = 60_000;

export interface OutboxLoop {
	/** A queue has something to do at this time: wake up by then. */
	wake(at: number, queue: QueueName): void;
	/** A gate that was shut works again: what waits for it may come, a few at once. */
	open(gate: string): void;
	/** A gate that was full has room: what waits for that may come. */
	room(gate: string): void;
	/** Stops taking entries and resolves when those on their way are done. */
	stop(): Promise<void>;
}

/**
 * @param retry tries one entry, and leaves the outbox in the state that follows; throws if it cannot
 * @param pause lets timers and sockets have their turn
 */
export function startOutboxLoop(
	outbox: Pick<Outbox, "queues" | "due" | "nextDueAt" | "change" | "hasten">,
	retry: (entry: OutboxEntry) => Promise<Tried>,
	log: Logger,
	now: () => number = Date.now,
	pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve)),
): OutboxLoop {
	/** Those that are not empty, as far as they are known. */
	const queues = createKnownQueues(outbox, pause);
	const onItsWay = new Set<Promise<void>>();
	/** How many of them are strangers'. */
	let strangers = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let wakesAt = Number.POSITIVE_INFINITY;
	let restsUntil = Number.NEGATIVE_INFINITY;
	let isKnown = false;
	/** There are others: look for them then. */
	let othersAt = Number.POSITIVE_INFINITY;
	/** The latest time seen. */
	let seenAt = Number.NEGATIVE_INFINITY;
	let stopped = false;
	let filling = false;
	let again = false;

	function sleepUntil(time: number) {
		const at = Math.max(time, restsUntil);
		if (stopped || at >= wakesAt) return;
		clearTimeout(timer);
		wakesAt = at;
		const sleep = Math.min(Math.max(at - now(), 0), LONGEST_SLEEP_MS);
		timer = setTimeout(() => {
			wakesAt = Number.POSITIVE_INFINITY;
			void fill();
		}, sleep);
	}

	function rest() {
		restsUntil = now() + FAULT_MS;
		sleepUntil(restsUntil);
	}

	/** @returns when to look at it */
	function note(name: QueueName, dueAt: number): number {
		const known = queues.get(name);
		if (known) {
			known.dueAt = Math.min(known.dueAt, dueAt);
			return lookAt(known);
		}
		if (queues.add(name, dueAt)) return dueAt;
		othersAt = Math.min(othersAt, Math.max(dueAt, now() + KNOWN_MS));
		return othersAt;
	}

	/** Finds out which queues there are. */
	async function know() {
		othersAt = (await queues.find()) ? now() + KNOWN_MS : Number.POSITIVE_INFINITY;
		isKnown = true;
	}

	const all = () => [...queues.few, ...queues.strangers];

	/** What waits because of a time must not wait for the hour that a clock was set back by. */
	async function watchClock() {
		const at = now();
		const by = seenAt - at;
		if (by >= SET_BACK_MS) {
			log.warn("The clock was set back by {seconds} s.", { seconds: Math.round(by / 1000) });
			await outbox.hasten(by, at);
			const never = Number.NEGATIVE_INFINITY;
			for (const [, queue] of all()) Object.assign(queue, { dueAt: at, shutUntil: never, fullUntil: never });
			restsUntil = never;
			isKnown = false;
		}
		seenAt = at;
	}

	const lookAt = ({ dueAt, shutUntil, fullUntil }: Queue) => Math.max(dueAt, shutUntil, fullUntil);
	const hasRoom = ({ active }: Queue) => active < RETRIES;
	const isDue = (queue: Queue, isStrangers: boolean) =>
		hasRoom(queue) && lookAt(queue) <= now() && placesFor(isStrangers) > 0 && !stopped && restsUntil <= now();

	/** How many more may be tried now. */
	const placesFor = (isStrangers: boolean) =>
		Math.min(CONCURRENCY - onItsWay.size, isStrangers ? STRANGERS - strangers : CONCURRENCY);

	/** Starts as many due entries as there are places, then sleeps until the next is due. */
	async function fill(): Promise<void> {
		if (filling) {
			again = true;
			return;
		}
		filling = true;
		try {
			await watchClock();
			if (!isKnown || othersAt <= now()) await know();
			do {
				again = false;
				for (const [name, queue] of [...queues.few]) if (isDue(queue, false)) await take(name, queue, false);
				for (const [name, queue] of [...queues.strangers]) {
					if (!isDue(queue, true)) continue;
					await take(name, queue, true);
					// The others come first; this one was looked at, and comes last the next time.
					if (again) break;
				}
			} while (again && !stopped);
			if (placesFor(false) === 0) return;
			sleepUntil(othersAt);
			for (const queue of queues.few.values()) if (hasRoom(queue)) sleepUntil(lookAt(queue));
			if (placesFor(true) === 0) return;
			for (const queue of queues.strangers.values()) if (hasRoom(queue)) sleepUntil(lookAt(queue));
		} catch (error) {
			log.error("The outbox cannot be read: {error}", { error: faultOf(error) });
			isKnown = false;
			rest();
		} finally {
			filling = false;
		}
	}

	/** Starts what is due in a queue, as far as there are places, and finds out when the next is. */
	async function take(name: QueueName, queue: Queue, isStrangers: boolean): Promise<void> {
		// Entries that are turned away are done without one wait for the outside: without this pause a backlog of them
		// would keep timers and sockets waiting until it is through.
		await pause();
		queues.use(name, queue);
		// One time for both questions: an entry that falls due between two would be in neither answer.
		const at = now();
		queue.dueAt = Number.POSITIVE_INFINITY;
		const places = Math.min(RETRIES - queue.active, placesFor(isStrangers));
		// Those in hand are still in the outbox.
		const limit = places + queue.inHand.size;
		const entries = await outbox.due(name, at, limit);
		if (stopped) return;
		const others = entries.filter((entry) => !queue.inHand.has(nameOf(entry)));
		for (const entry of others.slice(0, places)) start(name, queue, entry, isStrangers);
		if (entries.length === limit) return void note(name, at);
		const next = await outbox.nextDueAt(name, at);
		if (next !== undefined) note(name, next);
		else if (queue.inHand.size === 0 && queue.dueAt === Number.POSITIVE_INFINITY) queues.forget(name);
	}

	function start(name: QueueName, queue: Queue, entry: OutboxEntry, isStrangers: boolean) {
		queue.inHand.add(nameOf(entry));
		queue.active++;
		if (isStrangers) strangers++;
		const trying = tryOne(name, queue, entry).then(() => {
			queue.active--;
			if (isStrangers) strangers--;
			onItsWay.delete(trying);
			if (!stopped) void fill();
		});
		onItsWay.add(trying);
	}

	async function tryOne(name: QueueName, queue: Queue, entry: OutboxEntry): Promise<void> {
		const letGo = () => {
			queue.inHand.delete(nameOf(entry));
			// It may have been the last: a queue is forgotten when it is found empty.
			if (queue.inHand.size === 0) note(name, now());
		};
		try {
			const tried = await retry(entry);
			switch (tried.kind) {
				case "done":
					queue.fullUntil = Number.NEGATIVE_INFINITY;
					break;
				case "turned-away": {
					note(name, now());
					const until = tried.isFull ? "fullUntil" : "shutUntil";
					queue[until] = Math.max(queue[until], tried.at);
					break;
				}
				case "taken": {
					if (queue.inHand.size <= WAITING) {
						void tried.free.then(() => {
							letGo();
							note(name, now());
							if (!stopped) void fill();
						});
						return;
					}
					// Devices that are published to without end never free theirs, and others must not wait for that.
					const longest = now() + PUT_OFF_MS;
					const dueAt = Math.ceil(Math.min(tried.at ?? longest, longest));
					await outbox.change({ ...entry, dueAt });
					note(name, dueAt);
				}
			}
		} catch (error) {
			log.error("The outbox cannot be kept: {error}", { error: faultOf(error) });
			note(name, now());
			rest();
		}
		letGo();
	}

	sleepUntil(now());

	return {
		wake(at, name) {
			const lookAt = note(name, at);
			const isSetBack = seenAt - now() >= SET_BACK_MS;
			if (!isSetBack) seenAt = now();
			sleepUntil(isSetBack ? now() : lookAt);
		},
		open(gate) {
			for (const queue of queues.ofGate(gate)) {
				queue.shutUntil = Number.NEGATIVE_INFINITY;
				sleepUntil(lookAt(queue));
			}
		},
		room(gate) {
			// Not before those are noted that it turned away in this turn of the event loop.
			setTimeout(() => {
				for (const queue of queues.ofGate(gate)) {
					queue.fullUntil = Number.NEGATIVE_INFINITY;
					sleepUntil(lookAt(queue));
				}
			});
		},
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await Promise.all(onItsWay);
		},
	};
}

const nameOf = ({ node, class: pushClass, slot = "" }: OutboxEntry) => `${node} ${pushClass} ${slot}`;
