/** Order among those that one name is shared by. */

/**
 * Has steps of one name end in the order in which they began, however long each takes: signatures are checked by
 * several threads, and come back in any order.
 * @returns what to give each step to; it resolves as the step does, once all earlier ones of the name are over
 */
export function createInOrder(): <T>(name: string, step: Promise<T>) => Promise<T> {
	/** The last step of each name: over when all are. */
	const last = new Map<string, Promise<unknown>>();

	return (name, step) => {
		const before = last.get(name);
		const over = before === undefined ? step : Promise.allSettled([step, before]);
		last.set(name, over);
		const forget = () => {
			if (last.get(name) === over) last.delete(name);
		};
		over.then(forget, forget);
		return before === undefined ? step : over.then(() => step);
	};
}
