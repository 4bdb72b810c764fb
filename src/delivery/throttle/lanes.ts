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

/** A lane, between those that were used before and after it. */
interface Place<Lane> {
	readonly name: string;
	lane: Lane;
	before: Place<Lane> | undefined;
	after: Place<Lane> | undefined;
}

/**
 * The order is kept beside the map: to find the first of a map, its engine walks past everything that was taken out
 * before, which is thousands of lanes with each push.
 * @param isIdle whether a lane is as good as new. Of two lanes the one that was used earlier must be so earlier, but for
 *   what waits in it
 */
export function createLanes<Lane>(isIdle: (lane: Lane) => boolean): Lanes<Lane> {
	const places = new Map<string, Place<Lane>>();
	let first: Place<Lane> | undefined;
	let last: Place<Lane> | undefined;

	function append(place: Place<Lane>) {
		place.before = last;
		place.after = undefined;
		if (last) last.after = place;
		else first = place;
		last = place;
	}

	function takeOut({ before, after }: Place<Lane>) {
		if (before) before.after = after;
		else first = after;
		if (after) after.before = before;
		else last = before;
	}

	function forget(name: string) {
		const place = places.get(name);
		if (!place) return;
		takeOut(place);
		places.delete(name);
	}

	return {
		get: (name) => places.get(name)?.lane,

		use(name, lane) {
			let place = places.get(name);
			if (place) {
				takeOut(place);
				place.lane = lane;
			} else {
				place = { name, lane, before: undefined, after: undefined };
				places.set(name, place);
			}
			append(place);
		},

		forget,

		forgetIdle() {
			while (first && isIdle(first.lane)) forget(first.name);
		},

		*all() {
			for (let place = first; place; place = place.after) yield [place.name, place.lane];
		},
	};
}
