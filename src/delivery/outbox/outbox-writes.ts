/** What delivery does with the outbox: keeps pushes for another try, and lets go of those that are through. */
import type { Outbox, OutboxEntry } from "../../store/local/outbox.ts";
import { slotOfPublisher } from "../../store/local/outbox-slots.ts";
import { isOfStrangers, type QueueName } from "../../store/local/queue-names.ts";
import type { Answer } from "../../types.ts";
import { type Item, Unavailable, waitAnswer } from "../push-item.ts";
import { isRelayNode } from "../push2-relay.ts";
import { backoffMs } from "./retry-backoff.ts";

export interface OutboxWrites {
	/**
	 * Keeps a push for another try. Answers `done` only once it is on disk, and `wait` where that has no room.
	 * @param afterMs the least to wait: what its provider asked for
	 * @throws {Unavailable}
	 */
	keep(item: Item, reason: string, afterMs?: number): Promise<Answer>;
	/**
	 * Puts pushes on disk that were not promised yet, to be tried at a time.
	 * @throws {Unavailable}
	 */
	secure(items: readonly Item[], dueAt: number): Promise<Answer>;
	/**
	 * Keeps a push that its gate did not let through: due at once, as soon as the gate takes it.
	 * @param at when to ask the gate again
	 * @throws {Unavailable}
	 */
	queue(item: Item, reason: string, at: number): Promise<Answer>;
	/**
	 * Takes a push, and what it superseded, out of the outbox, and keeps out what is still on its way.
	 * @returns undefined: nothing is there, as nearly always, and nothing is waited for
	 * @throws {NotRemoved}
	 */
	discard(item: Item): Promise<void> | undefined;
	/**
	 * Takes out this push alone: an older one of its lane, if one waits, is still owed.
	 * @throws {NotRemoved}
	 */
	drop(item: Item): Promise<void>;
}

/** A push is through, and could not be taken out of the outbox: sent again it would come twice. */
export class NotRemoved extends Error {
	override name = "NotRemoved";
	/** Tries it once more. @throws what the file throws */
	readonly removeAgain: () => Promise<void>;

	constructor(cause: unknown, removeAgain: () => Promise<void>) {
		super("what is through cannot be taken out of the outbox", { cause });
		this.removeAgain = removeAgain;
	}
}

/** As `secure`, and answers where the outbox cannot be written too. */
export type Secure = OutboxWrites["secure"];

/** The answer to what a stranger would leave on a disk that has no room for it. */
export const NO_ROOM = waitAnswer("the disk of this server is nearly full");

/** Whether strangers leave it: at an endpoint that is relayed to, also before it was looked up. */
export const isLeftByStrangers = ({ gate, node }: Pick<Item, "gate" | "node">): boolean =>
	isOfStrangers(gate) || (gate === undefined && isRelayNode(node));

/**
 * @param effects.onQueued called when a queue of the outbox got an entry, with the time to look at it by
 * @param effects.mayGrow whether the disk has room for what strangers leave there
 * @param effects.onSuperseding called when all that is older than this push in its class is made up for
 */
export function createOutboxWrites(
	outbox: Outbox,
	{
		mayGrow,
		onQueued,
		onSuperseding,
		now,
		random,
	}: {
		mayGrow(): Promise<boolean>;
		onQueued(at: number, queue: QueueName): void;
		onSuperseding(item: Item): void;
		now(): number;
		random(): number;
	},
): OutboxWrites {
	const mayBeThere = (item: Item) => item.isPromised || outbox.mayHave(item.node, item.notification.class);

	const entryOf = (item: Item, dueAt: number): OutboxEntry => {
		const { node, notification, version, expiresAt, attempts, gate, publisher } = item;
		const entry = { node, class: notification.class, notification, version, expiresAt, attempts, dueAt };
		// What came from nobody knows whom must not take the place of what is owed.
		const slot = item.slot ?? (publisher === undefined ? undefined : slotOfPublisher(publisher));
		return {
			...entry,
			...(gate !== undefined && { gate }),
			...(publisher !== undefined && { publisher }),
			...(slot !== undefined && { slot }),
		};
	};

	/** @param at when to look at it */
	async function write(item: Item, entry: OutboxEntry, reason: string, at: number): Promise<Answer> {
		if (item.isSuperseded) return { kind: "done", how: "superseded" };
		const failed = { ...entry, lastError: reason };
		// What was promised and is not there any more was superseded by what went out: it must not come back.
		item.isBeingKept = true;
		try {
			if (!item.isPromised && isLeftByStrangers(item) && !(await mayGrow())) return NO_ROOM;
			await onDisk(() => (item.isPromised ? outbox.change(failed) : outbox.put(failed)));
		} finally {
			item.isBeingKept = false;
		}
		item.isPromised = true;
		onQueued(at, item.gate);
		return { kind: "done", how: "queued", reason };
	}

	return {
		async secure(items, dueAt) {
			const owed = items.filter((item) => !item.isSuperseded);
			await onDisk(() => outbox.put(...owed.map((item) => entryOf(item, dueAt))));
			for (const item of owed) {
				item.isPromised = true;
				onQueued(dueAt, item.gate);
			}
			return { kind: "done", how: "queued" };
		},

		async keep(item, reason, afterMs) {
			const attempts = item.attempts + 1;
			const dueAt = now() + backoffMs(attempts, afterMs, random);
			return write(item, { ...entryOf(item, dueAt), attempts }, reason, dueAt);
		},

		async queue(item, reason, at) {
			return write(item, entryOf(item, now()), reason, at);
		},

		discard(item) {
			onSuperseding(item);
			const { node, notification, version } = item;
			if (!mayBeThere(item)) return undefined;
			return removed(() => outbox.remove(node, notification.class, version));
		},

		async drop(item) {
			const { node, notification, version } = item;
			if (mayBeThere(item)) await removed(() => outbox.drop(node, notification.class, version));
		},
	};
}

async function removed(remove: () => Promise<void>): Promise<void> {
	try {
		await remove();
	} catch (error) {
		throw new NotRemoved(error, remove);
	}
}

/** @throws {Unavailable} in place of what the file throws */
async function onDisk(write: () => Promise<void>): Promise<void> {
	try {
		await write();
	} catch (cause) {
		throw new Unavailable("the outbox cannot be written", { cause });
	}
}
