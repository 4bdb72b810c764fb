/**
 * The outbox's queues that are known to have entries. Those of apps and of hosts that somebody answers for are few, and
 * always have a place. Of the others, which clients make by the hosts that they choose, a bounded number is known, and
 * of each party; where there are more, they have their turns one after the other.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { createRecent } from "../../limits/recent-names.ts";
import type { Outbox, OutboxEntry } from "../../store/local/outbox.ts";
import {
	afterQueuesOf,
	BEFORE_STRANGERS,
	beforeQueuesOf,
	gateOfQueue,
	partyOfQueue,
	type QueueName,
	queueOfNew,
} from "../../store/local/queue-names.ts";

/** Those of apps and of hosts that somebody answers for, and those of the hosts that clients choose. */
export type QueueSort = "few" | "strangers";

export interface Queue {
	sort: QueueSort;
	/** When its next entry is due, as far as is known. */
	dueAt: number;
	/** Its gate wants to be left alone until then. */
	shutUntil: number;
	/** Its gate is full until one of its entries is through, or until then. */
	fullUntil: number;
	/** How many of its entries are being tried. */
	active: number;
	/** Those being tried, those that wait for their lanes, and those that are through and not off the disk yet. */
	inHand: Set<string>;
	/** What was read of it before there was a place, the oldest first. */
	ahead: ReadAhead;
	/** It got an entry since: perhaps one that has been due for longer. */
	isNoted: boolean;
}

export interface ReadAhead {
	entries: OutboxEntry[];
	/** By which it is known what changed since (`Outbox.stamp`). */
	stamp: number;
	/** When it was read, ms since the epoch. */
	at: number;
	/** Nothing else was due then. */
	isAll: boolean;
}

/** Nothing was read. */
export const noneAhead = (): ReadAhead => ({ entries: [], stamp: 0, at: 0, isAll: false });

export interface KnownQueues {
	/** Those that always have a place, and those of strangers. In each the one that was looked at last comes last. */
	readonly few: ReadonlyMap<QueueName, Queue>;
	readonly strangers: ReadonlyMap<QueueName, Queue>;
	/**
	 * A queue has an entry which is due then.
	 * @returns when to look at it, ms since the epoch: where there is no place for another one of its sort, when it has
	 *   its turn
	 */
	note(name: QueueName, dueAt: number): number;
	/** It was looked at. */
	use(name: QueueName, queue: Queue): void;
	forget(name: QueueName): void;
	/** Those that wait for one gate. */
	ofGate(gate: string): Queue[];
	/** Whether to find out which there are. */
	isToBeFound(): boolean;
	/** When some that had no place have their turn, ms since the epoch; infinite: all have one. */
	othersAt(): number;
	/** Nothing of what is known can be relied on: they are to be found anew. */
	doubt(): void;
	/** The clock was set: all are to be looked at now, and found anew. */
	lookAtAll(now: number): void;
	/**
	 * Finds out which there are, beginning with the few. What has no entry in hand and is not found is forgotten; what
	 * has no place has its turn the next time.
	 */
	find(): Promise<void>;
}

/** When to look at a queue, as far as is known. */
export const lookAt = ({ dueAt, shutUntil, fullUntil }: Queue) => Math.max(dueAt, shutUntil, fullUntil);

/** How many more of its entries may be tried: as many as its gate may let through. */
export const roomIn = ({ active }: Queue) => RETRIES - active;

/** An entry that is in hand, among those of its queue. */
export const entryName = ({ node, class: pushClass, slot = "" }: OutboxEntry) =>
	`${node} ${pushClass} ${slot}`;

/** Where there are more than are known at once, how long the same ones are known, ms. */
const KNOWN_MS = 60_000;

const RETRIES = deliveryBounds.retriesOfGate.is;
/** So many are asked for at once: nothing else is done in this process meanwhile. */
const TOGETHER = 250;
const MOST = deliveryBounds.queues.is;
const OF_PARTY = deliveryBounds.queuesOfParty.is;

/**
 * @param pause lets timers and sockets have their turn
 */
export function createKnownQueues(
	outbox: Pick<Outbox, "queues">,
	pause: () => Promise<void>,
	now: () => number,
): KnownQueues {
	const few = new Map<QueueName, Queue>();
	const strangers = new Map<QueueName, Queue>();
	/** How many of them are each party's. */
	const counts = new Map<string, number>();
	let isFound = false;
	let othersAt = Number.POSITIVE_INFINITY;
	const tableOf = (name: QueueName) => (partyOfQueue(name) === undefined ? few : strangers);

	function count(party: string, by: 1 | -1) {
		const sum = (counts.get(party) ?? 0) + by;
		if (sum > 0) counts.set(party, sum);
		else counts.delete(party);
	}

	const hasPlace = (party: string) => strangers.size < MOST && (counts.get(party) ?? 0) < OF_PARTY;

	/** @returns undefined: there is no place for another one of its sort */
	function add(name: QueueName, dueAt: number): Queue | undefined {
		const party = partyOfQueue(name);
		if (party !== undefined) {
			if (!hasPlace(party)) return undefined;
			count(party, 1);
		}
		const never = Number.NEGATIVE_INFINITY;
		const queue: Queue = {
			sort: party === undefined ? "few" : "strangers",
			dueAt,
			shutUntil: never,
			fullUntil: never,
			active: 0,
			inHand: new Set(),
			ahead: noneAhead(),
			isNoted: false,
		};
		tableOf(name).set(name, queue);
		return queue;
	}

	function forget(name: QueueName) {
		const party = partyOfQueue(name);
		if (tableOf(name).delete(name) && party !== undefined) count(party, -1);
	}

	function doubt() {
		isFound = false;
	}

	const finder = createFinder(outbox, pause, {
		found({ queue: name, dueAt }) {
			const known = tableOf(name).get(name);
			if (!known) return add(name, dueAt) !== undefined;
			known.dueAt = Math.min(known.dueAt, dueAt);
			known.isNoted = true;
			return true;
		},
		isFull: () => strangers.size >= MOST,
	});

	return {
		few,
		strangers,
		note(name, dueAt) {
			const known = tableOf(name).get(name);
			if (known) {
				known.dueAt = Math.min(known.dueAt, dueAt);
				known.isNoted = true;
				return lookAt(known);
			}
			if (add(name, dueAt)) return dueAt;
			othersAt = Math.min(othersAt, Math.max(dueAt, now() + KNOWN_MS));
			return othersAt;
		},
		use(name, queue) {
			const table = tableOf(name);
			if (table.delete(name)) table.set(name, queue);
		},
		forget,
		ofGate: (gate) => [
			...[gate, queueOfNew(gate)].flatMap((name) => few.get(name) ?? []),
			...[...strangers].flatMap(([name, queue]) => (gateOfQueue(name) === gate ? [queue] : [])),
		],
		isToBeFound: () => !isFound || othersAt <= now(),
		othersAt: () => othersAt,
		doubt,
		lookAtAll(at) {
			const never = Number.NEGATIVE_INFINITY;
			for (const queue of [...few.values(), ...strangers.values()])
				Object.assign(queue, { dueAt: at, shutUntil: never, fullUntil: never });
			doubt();
		},
		async find() {
			for (const table of [few, strangers])
				for (const [name, { inHand, ahead }] of table)
					if (inHand.size === 0 && ahead.entries.length === 0) forget(name);
			await finder.findFew();
			const haveAll = await finder.findStrangers();
			othersAt = haveAll ? Number.POSITIVE_INFINITY : now() + KNOWN_MS;
			isFound = true;
		},
	};
}

/** Finds out which queues the outbox has, a few at a time. */
function createFinder(
	outbox: Pick<Outbox, "queues">,
	pause: () => Promise<void>,
	known: {
		/** @returns whether it is known now */
		found(one: { queue: QueueName; dueAt: number }): boolean;
		/** There is no place for another stranger's. */
		isFull(): boolean;
	},
) {
	/** Where there was no place for more, the next time goes on after this one. */
	let last = BEFORE_STRANGERS;
	/** The same for each party that has more than have a place. */
	const lastOf = createRecent<string>(MOST);

	async function findFew() {
		for (let after: string | undefined; ; ) {
			const some = await outbox.queues(after, TOGETHER);
			const its = some.filter(({ queue }) => partyOfQueue(queue) === undefined);
			its.forEach(known.found);
			after = its.at(-1)?.queue ?? after;
			if (its.length < TOGETHER) return;
			await pause();
		}
	}

	/**
	 * Those of one party that has more than have a place: each time the ones after those of the time before.
	 * @param after the last that is known; the first time it is as many as have a place
	 * @returns whether all have a place by now
	 */
	async function findMore(party: string, after: string): Promise<boolean> {
		const from = lastOf.get(party);
		if (from === undefined) {
			lastOf.set(party, after);
			return false;
		}
		const parts = [
			{ from, to: afterQueuesOf(party) },
			{ from: beforeQueuesOf(party), to: from },
		];
		for (const { from, to } of parts) {
			await pause();
			for (const one of await outbox.queues(from, OF_PARTY)) {
				const { queue: name = "" } = one;
				if (name > to) break;
				if (!known.found(one)) return false;
				lastOf.set(party, name);
			}
		}
		lastOf.delete(party);
		return true;
	}

	/**
	 * Those after one name, to another if there is one.
	 * @returns whether all have a place
	 */
	async function findBetween(from: string, to?: string): Promise<boolean> {
		let haveAll = true;
		let after = from;
		for (;;) {
			const some = await outbox.queues(after, TOGETHER);
			let isAtEnd = some.length < TOGETHER;
			for (const one of some) {
				const { queue: name = "" } = one;
				if (to !== undefined && name > to) return haveAll;
				const party = partyOfQueue(name) ?? "";
				if (lastOf.get(party) === undefined && known.found(one)) {
					after = name;
					continue;
				}
				if (known.isFull()) {
					last = after;
					return false;
				}
				if (!(await findMore(party, after))) haveAll = false;
				after = afterQueuesOf(party);
				isAtEnd = false;
				break;
			}
			if (isAtEnd) return haveAll;
			await pause();
		}
	}

	return {
		findFew,

		/** @returns whether all have a place */
		async findStrangers(): Promise<boolean> {
			const from = last;
			last = BEFORE_STRANGERS;
			const haveAll = await findBetween(from);
			const haveOthers = from === BEFORE_STRANGERS || (await findBetween(BEFORE_STRANGERS, from));
			return haveAll && haveOthers;
		},
	};
}
