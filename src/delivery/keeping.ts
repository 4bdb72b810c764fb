/** What delivery does with the outbox: keeps pushes for another try, and lets go of those that are through. */
import type { Outbox, OutboxEntry } from "../store/outbox.ts";
import type { Answer } from "../types.ts";
import { backoffMs } from "./backoff.ts";
import { type Item, Unavailable } from "./item.ts";

export interface Keeping {
	/**
	 * Keeps a push for another try. Answers `done` only once it is on disk.
	 * @param afterMs the least to wait: what its provider asked for
	 * @throws {Unavailable}
	 */
	keep(item: Item, reason: string, afterMs?: number): Promise<Answer>;
	/**
	 * Puts pushes on disk, to be tried at a time.
	 * @throws {Unavailable}
	 */
	secure(
		items: readonly Item[],
		dueAt: number,
		state?: Partial<Pick<OutboxEntry, "attempts" | "lastError">>,
	): Promise<Answer>;
	/** Takes a push, and what it superseded, out of the outbox. */
	discard(item: Item): Promise<void>;
	/** Takes out this push alone: an older one of its lane, if one waits, is still owed. */
	drop(item: Item): Promise<void>;
}

/** @param effects.onQueued called when the outbox got an entry, with the time it is due at */
export function createKeeping(
	outbox: Outbox,
	{ onQueued, now, random }: { onQueued(dueAt: number): void; now(): number; random(): number },
): Keeping {
	const mayBeThere = (item: Item) => item.isPromised || outbox.mayHaveEntries();

	const secure: Keeping["secure"] = async (items, dueAt, state = {}) => {
		const entries = items.map(({ node, notification, version, expiresAt, attempts }) => ({
			...{ node, notification, version, expiresAt, attempts, dueAt },
			...state,
			class: notification.class,
		}));
		try {
			await outbox.put(...entries);
		} catch (cause) {
			throw new Unavailable("the outbox cannot be written", { cause });
		}
		for (const item of items) item.isPromised = true;
		onQueued(dueAt);
		const reason = state.lastError;
		return { kind: "done", how: "queued", ...(reason !== undefined && { reason }) };
	};

	return {
		secure,

		keep(item, reason, afterMs) {
			const attempts = item.attempts + 1;
			return secure([item], now() + backoffMs(attempts, afterMs, random), { attempts, lastError: reason });
		},

		async discard(item) {
			if (mayBeThere(item)) await outbox.remove(item.node, item.notification.class, item.version);
		},

		async drop(item) {
			if (mayBeThere(item)) await outbox.drop(item.node, item.notification.class, item.version);
		},
	};
}
