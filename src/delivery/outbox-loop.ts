/**
 * Sends what is due in the outbox: started by a timer for the next due time, never by polling.
 *
 * Each gate has a queue of its own. A queue whose gate turned an entry away is left alone until the gate asked to be
 * asked again: nothing is read or written for what waits in it, and no other queue waits behind it. Where there are
 * more queues than are known at once, each gets its turn by lot.
 */
import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { faultOf } from "../store/fault.ts";
import type { Outbox, OutboxEntry, QueueName } from "../store/outbox.ts";
import type { Tried } from "./item.ts";

/** Entries of one queue that are tried at once: as many as its gate may let through. */
const RETRIES = deliveryBounds.retriesOfGate.is;

/** How many entries are tried at once. */
const CONCURRENCY = 128;

/** Entries of one queue that wait for their lanes: beyond, they are put off. */
const WAITING = 256;

/** When to look again whether the lane of an entry is free that found so many waiting already, ms. */
const PUT_OFF_MS = 60_000;

/** How many queues are known at once: clients choose the origins. */
const KEPT = 5_000;
/** Where there are more, how long the same ones are known, ms. */
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

interface Queue {
	/** When its next entry is due, as far as is known. */
	dueAt: number;
	/** Its gate wants to be left alone until then. */
	shutUntil: number;
	/** Its gate is full until one of its entries is through, or until then. */
	fullUntil: number;
	/** How many of its entries are being tried. */
	active: number;
	/** Those being tried, and those that wait for their lanes. */
	inHand: Set<string>;
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
	/** Those that are not empty, as far as they are known. The one that was looked at last comes last. */
	const queues = new Map<QueueName, Queue>();
	const onItsWay = new Set<Promise<void>>();
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
		if (queues.size >= KEPT) {
			othersAt = Math.min(othersAt, Math.max(dueAt, now() + KNOWN_MS));
			return othersAt;
		}
		const never = Number.NEGATIVE_INFINITY;
		const queue = { dueAt, shutUntil: never, fullUntil: never, active: 0, inHand: new Set<string>() };
		queues.set(name, queue);
		return dueAt;
	}

	/** Finds out which queues there are. */
	async function know() {
		for (const [name, { inHand }] of queues) if (inHand.size === 0) queues.delete(name);
		const found = await outbox.queues(KEPT);
		othersAt = found.length < KEPT ? Number.POSITIVE_INFINITY : now() + KNOWN_MS;
		for (const { queue, dueAt } of found) note(queue, dueAt);
		isKnown = true;
	}

	/** What waits because of a time must not wait for the hour that a clock was set back by. */
	async function watchClock() {
		const at = now();
		const by = seenAt - at;
		if (by >= SET_BACK_MS) {
			log.warn("The clock was set back by {seconds} s.", { seconds: Math.round(by / 1000) });
			await outbox.hasten(by, at);
			const never = Number.NEGATIVE_INFINITY;
			for (const queue of queues.values())
				Object.assign(queue, { dueAt: at, shutUntil: never, fullUntil: never });
			restsUntil = never;
			isKnown = false;
		}
		seenAt = at;
	}

	const lookAt = ({ dueAt, shutUntil, fullUntil }: Queue) => Math.max(dueAt, shutUntil, fullUntil);
	const hasRoom = ({ active }: Queue) => active < RETRIES;

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
				for (const [name, queue] of [...queues]) {
					if (stopped || onItsWay.size >= CONCURRENCY || restsUntil > now()) break;
					if (hasRoom(queue) && lookAt(queue) <= now()) await take(name, queue);
				}
			} while (again && !stopped);
			if (onItsWay.size >= CONCURRENCY) return;
			sleepUntil(othersAt);
			for (const queue of queues.values()) if (hasRoom(queue)) sleepUntil(lookAt(queue));
		} catch (error) {
			log.error("The outbox cannot be read: {error}", { error: faultOf(error) });
			isKnown = false;
			rest();
		} finally {
			filling = false;
		}
	}

	/** Starts what is due in a queue, as far as there are places, and finds out when the next is. */
	async function take(name: QueueName, queue: Queue): Promise<void> {
		// Entries that are turned away are done without one wait for the outside: without this pause a backlog of them
		// would keep timers and sockets waiting until it is through.
		await pause();
		queues.delete(name);
		queues.set(name, queue);
		// One time for both questions: an entry that falls due between two would be in neither answer.
		const at = now();
		queue.dueAt = Number.POSITIVE_INFINITY;
		const places = Math.min(RETRIES - queue.active, CONCURRENCY - onItsWay.size);
		// Those in hand are still in the outbox.
		const limit = places + queue.inHand.size;
		const entries = await outbox.due(name, at, limit);
		if (stopped) return;
		const others = entries.filter((entry) => !queue.inHand.has(nameOf(entry)));
		for (const entry of others.slice(0, places)) start(name, queue, entry);
		if (entries.length === limit) return void note(name, at);
		const next = await outbox.nextDueAt(name, at);
		if (next !== undefined) note(name, next);
		else if (queue.inHand.size === 0 && queue.dueAt === Number.POSITIVE_INFINITY) queues.delete(name);
	}

	function start(name: QueueName, queue: Queue, entry: OutboxEntry) {
		queue.inHand.add(nameOf(entry));
		queue.active++;
		const trying = tryOne(name, queue, entry).then(() => {
			queue.active--;
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
				case "taken":
					if (queue.inHand.size <= WAITING) {
						void tried.free.then(() => {
							letGo();
							note(name, now());
							if (!stopped) void fill();
						});
						return;
					}
					// Devices that are published to without end never free theirs, and others must not wait for that.
					await outbox.change({ ...entry, dueAt: now() + PUT_OFF_MS });
					note(name, now() + PUT_OFF_MS);
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
			const queue = queues.get(gate);
			if (!queue) return;
			queue.shutUntil = Number.NEGATIVE_INFINITY;
			sleepUntil(lookAt(queue));
		},
		room(gate) {
			// Not before those are noted that it turned away in this turn of the event loop.
			setTimeout(() => {
				const queue = queues.get(gate);
				if (!queue) return;
				queue.fullUntil = Number.NEGATIVE_INFINITY;
				sleepUntil(lookAt(queue));
			});
		},
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await Promise.all(onItsWay);
		},
	};
}

const nameOf = ({ node, class: pushClass }: OutboxEntry) => `${node} ${pushClass}`;
