/** One timer for all who want something done soon: it runs at the earliest of their times. */
export interface EarliestTimer {
	/** Acts in so many ms, or sooner if that is set already. */
	within(ms: number): void;
	stop(): void;
}

export function createEarliestTimer(act: () => void): EarliestTimer {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let timerAt = 0;

	function stop() {
		clearTimeout(timer);
		timer = undefined;
	}

	return {
		within(ms) {
			const at = performance.now() + ms;
			if (timer !== undefined && timerAt <= at) return;
			stop();
			timerAt = at;
			timer = setTimeout(act, ms);
		},
		stop,
	};
}
