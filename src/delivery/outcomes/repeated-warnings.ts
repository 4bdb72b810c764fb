/** What a person was told of already: each fault once in a while, and of many different ones not each. */

/** In place of the reasons that are not told of by their names. */
export const OTHERS = "other reasons";

/**
 * @param most so many reasons are told of by their names; beyond them the rest is told of as one for each `about`
 * @param now ms since the epoch
 * @returns what to say of a fault; undefined: it was said less than `everyMs` ago
 */
export function createTold(
	most: number,
	now: () => number,
): (about: string, reason: string, everyMs: number) => string | undefined {
	/** When it was said, and for how long it is not said again, ms. */
	const told = new Map<string, { at: number; everyMs: number }>();

	// A clock that was set back makes nothing silent for longer.
	const isSilent = ({ at, everyMs }: { at: number; everyMs: number }) => Math.abs(now() - at) < everyMs;

	function forgetOld() {
		for (const [name, one] of told) if (!isSilent(one)) told.delete(name);
	}

	return function say(about, reason, everyMs) {
		const name = `${about}\0${reason}`;
		const known = told.get(name);
		if (known && isSilent(known)) return undefined;
		if (!known && told.size >= most) forgetOld();
		if (!known && told.size >= most && reason !== OTHERS) return say(about, OTHERS, everyMs);
		told.set(name, { at: now(), everyMs });
		return reason;
	};
}
