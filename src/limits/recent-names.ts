/** A map of names that others choose, which forgets those of no use lately. */

export interface Recent<Value> {
	get(name: string): Value | undefined;
	/** Sets a value, and counts as a use of its name. */
	set(name: string, value: Value): void;
	delete(name: string): void;
}

/**
 * What was set among the latest `most / 2` different names is known; of the others, half as many at the most.
 *
 * In two halves, of which the older goes at once: to find the oldest of one map, its engine walks past everything that
 * was taken out before, and whoever sends ever new names would have us do that each time.
 */
export function createRecent<Value>(most: number): Recent<Value> {
	let younger = new Map<string, Value>();
	let older = new Map<string, Value>();
	return {
		get: (name) => younger.get(name) ?? older.get(name),
		set(name, value) {
			younger.set(name, value);
			if (younger.size < most / 2) return;
			older = younger;
			younger = new Map();
		},
		delete(name) {
			younger.delete(name);
			older.delete(name);
		},
	};
}
