/** Requests on their way to a host at once. */
const AT_ONCE = 8;

/**
 * Does something for each, a few at a time.
 * @param signal begins nothing more
 * @throws what one of them threw, when those that were begun have ended
 */
export async function fewAtOnce<T>(
	all: readonly T[],
	act: (one: T) => Promise<void>,
	signal: AbortSignal,
): Promise<void> {
	const left = [...all];
	const worker = async () => {
		for (let one = left.shift(); one !== undefined && !signal.aborted; one = left.shift()) await act(one);
	};
	const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
	for (const end of ends) if (end.status === "rejected") throw end.reason;
}
