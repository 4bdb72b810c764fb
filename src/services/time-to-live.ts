/** How long a push service keeps a push. */

/** Four weeks: what most services take at most, and no message of a messenger is worth more. Seconds. */
export const FOUR_WEEKS_S = 4 * 7 * 24 * 60 * 60;

/**
 * Whole seconds that a service takes. What is no number must not throw, and is the least.
 * @param limits.most four weeks, if not given
 */
export function timeToLive(
	seconds: number,
	{ least = 0, most = FOUR_WEEKS_S }: { least?: number; most?: number } = {},
): number {
	return Math.min(Math.max(Math.floor(seconds) || 0, least), most);
}
