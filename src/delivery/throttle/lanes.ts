/** The lanes of a pace, by name: one for each registration and class. A lane that is not here is as good as new. */

export interface Lanes<Lane> {
	get(name: string): Lane | undefined;
	/** It is used now, and comes last. */
	use(name: string, lane: Lane): void;
	forget(name: string): void;
	/** Forgets those that are as good as new: what is not used for longest is looked at first, until one is not. */
	forgetIdle(): void;
	all(): Iterable<[string, Lane]>;
}

/**
 * @param isIdle whether a lane is as good as new. Of two lanes the one that was used earlier must be so earlier, but for
 *   what waits in it
 */
export function createLanes<Lane>(isIdle: (lane: Lane) => boolean): Lanes<Lane> {
	const lanes = new Map<string, Lane>();
	return {
		get: (name) => lanes.get(name),
		use(name, lane) {
			lanes.delete(name);
			lanes.set(name, lane);
		},
		forget: (name) => void lanes.delete(name),
		forgetIdle() {
			for (const [name, lane] of lanes) {
				if (!isIdle(lane)) return;
				lanes.delete(name);
			}
		},
		all: () => lanes,
	};
}
