/** For how long something keeps the event loop from everything else, on a machine that others use too. */

/** What one stranger's input may take, ms, on a machine that has nothing else to do. */
const MOST_MS = 50;
/** How often to try again: only the shortest counts, as all that a busy machine does makes it longer. */
const TRIES = 8;
/** So many times what a known piece of work takes here and now: it takes some 4 ms of an idle machine of the tests. */
const TIMES_THE_FLOOR = 12;

/** @returns the longest time between two turns of the loop while `work` is done, ms */
export async function longestHold(work: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	let isOver = false;
	const look = () => {
		const now = performance.now();
		longest = Math.max(longest, now - last);
		last = now;
		if (!isOver) setImmediate(look);
	};
	const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
	setImmediate(look);
	await turn();
	longest = 0;
	await work();
	await turn();
	isOver = true;
	return longest;
}

/** A known piece of work. @returns how long it took, ms */
function floor(): number {
	const startedAt = performance.now();
	const text = "&lt;<a b='c'>".repeat(20_000);
	let found = 0;
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) === 0x3c) found++;
	const parts = text.split("<").map((part, index) => ({ part, index, found }));
	if (parts.length !== found + 1) throw new Error("it was not done");
	return performance.now() - startedAt;
}

/** @param measure in ms @returns the shortest of some tries, and whether it is within what one input may take */
export async function unhurried(measure: () => Promise<number>): Promise<{ ms: number; isWithin: boolean }> {
	let ms = Number.POSITIVE_INFINITY;
	let slowest = 0;
	for (let tries = 0; tries < TRIES; tries++) {
		ms = Math.min(ms, await measure());
		if (ms <= MOST_MS) return { ms, isWithin: true };
		slowest = Math.max(slowest, floor());
	}
	return { ms, isWithin: ms <= Math.max(MOST_MS, TIMES_THE_FLOOR * slowest) };
}
