/** Time, passed in. */
export interface Clock {
	/** ms since the epoch. */
	now(): number;
	/** Resolves after so many ms, or at once when the signal aborts. */
	after(ms: number, signal?: AbortSignal): Promise<void>;
}

export const windowClock: Clock = {
	now: () => Date.now(),
	after: (ms, signal) =>
		new Promise((resolve) => {
			if (signal?.aborted) return resolve();
			const timer = setTimeout(resolve, ms);
			signal?.addEventListener("abort", () => {
				clearTimeout(timer);
				resolve();
			});
		}),
};
