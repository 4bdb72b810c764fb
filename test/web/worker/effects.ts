/** A service worker's surroundings in memory: a browser's database, what is shown, and what the pages hear. */
import { IDBFactory } from "fake-indexeddb";
import type { WorkerMessage } from "../../../src/web/devices.ts";
import { createDevices } from "../../../src/web/store/devices-store.ts";
import type { Shown } from "../../../src/web/worker/notification.ts";

export function surroundings() {
	const clock = { at: 1_800_000_000_000 };
	const shown: Shown[] = [];
	const told: WorkerMessage[] = [];
	const badges: number[] = [];
	const now = () => clock.at;
	return {
		clock,
		shown,
		told,
		badges,
		effects: {
			devices: createDevices({ indexedDB: new IDBFactory(), now }),
			now,
			after: (_: number): Promise<void> => new Promise(() => {}),
			languages: ["en"],
			show: async (one: Shown): Promise<void> => void shown.push(one),
			tell: async (message: WorkerMessage): Promise<void> => void told.push(message),
			setBadge: async (count: number): Promise<void> => void badges.push(count),
		},
	};
}
