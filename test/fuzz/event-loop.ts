/** For how long something keeps the event loop from everything else, on a machine that others use too. */

/** What one stranger's input may take, ms, on a machine that has nothing else to do. */
const MOST_MS = 50;
/** How often to try again: only the shortest counts, as all that a busy machine does makes it longer. */
const TRIES = 8;
/** So many times what a known piece of work takes here and now: it takes 3 to 4 ms of an idle machine. */
const TIMES_THE_FLOOR = 12;

/**
 * Of the time between two turns only that counts in which this process had a processor: on a busy machine the others
 * take it away for longer than any input does.
 *
 * @returns the longest time between two turns of the loop while `work` is done, ms
 */
export async function longestHold(work: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	let lastCpu = cpuTime();
	let isOver = false;
	const look = () => {
		const now = performance.now();
		const cpu = cpuTime();
		longest = Math.max(longest, Math.min(now - last, cpu - lastCpu));
		last = now;
		lastCpu = cpu;
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

/** How long this process had a processor until now, ms: all its threads, and so no less than this one. */
function cpuTime(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}

/** A known piece of work, which needs no memory. @returns how long it took, ms */
function floor(): number {
	const startedAt = performance.now();
	let hash = 1;
	for (let step = 0; step < 3_000_000; step++) hash = (Math.imul(hash, 31) + step) | 0;
	if (hash === 0) throw new Error("it was not done");
	return performance.now() - startedAt;
}

/** @param measure in ms @returns the shortest of some tries, and whether it is within what one input may take */
export async function unhurried(measure: () => Promise<number>): Promise<{ ms: number; isWithin: boolean }> {
	let ms = Number.POSITIVE_INFINITY;
	let least = Number.POSITIVE_INFINITY;
	for (let tries = 0; tries < TRIES; tries++) {
		ms = Math.min(ms, await measure());
		if (ms <= MOST_MS) return { ms, isWithin: true };
		least = Math.min(least, floor());
	}
	return { ms, isWithin: ms <= Math.max(MOST_MS, TIMES_THE_FLOOR * least) };
}
