/** Fresh pushes that are on their way to their push services, each with a way to answer its publisher early. */
import type { Answer } from "../types.ts";
import { type Item, isThrottled } from "./push-item.ts";

export interface InFlight {
	/** How many there are. */
	size(): number;
	/** @param answer answers its publisher; only the first answer counts */
	add(item: Item, answer: (answer: Answer) => void): void;
	/** It is through, or was put elsewhere. */
	remove(item: Item): void;
	all(): Iterable<[Item, (answer: Answer) => void]>;
	/** What is older than this one in its class, and still on its way, is made up for: it must not come back. */
	supersedeOlder(item: Item): void;
	/** Resolves when there are none, or after `deadlineMs`. */
	idle(deadlineMs: number): Promise<void>;
}

export function createInFlight(): InFlight {
	const items = new Map<Item, (answer: Answer) => void>();
	/** Whoever waits until there are none. */
	const waiting = new Set<() => void>();

	return {
		size: () => items.size,

		add: (item, answer) => void items.set(item, answer),

		remove(item) {
			items.delete(item);
			if (items.size === 0) for (const wake of waiting) wake();
		},

		all: () => items,

		// Of the throttled classes a lane has one on its way; calls and events overtake each other.
		supersedeOlder({ node, version, notification }) {
			if (isThrottled(notification.class)) return;
			for (const [older] of items) {
				const isOfLane = older.node === node && older.notification.class === notification.class;
				if (isOfLane && older.version < version) older.isSuperseded = true;
			}
		},

		async idle(deadlineMs) {
			if (items.size === 0) return;
			const { promise, resolve } = Promise.withResolvers<void>();
			const timer = setTimeout(resolve, deadlineMs);
			waiting.add(resolve);
			await promise;
			waiting.delete(resolve);
			clearTimeout(timer);
		},
	};
}
