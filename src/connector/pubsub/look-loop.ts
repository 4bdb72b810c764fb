/** Looks again and again, never twice at once. */
export interface LookLoop {
	/** Looks as soon as it can. */
	soon(): void;
	stop(): void;
}

/**
 * @param options.look must not fail
 * @param options.everyMs from the end of a look to the next
 */
export function createLookLoop({ look, everyMs }: { look(): Promise<void>; everyMs: number }): LookLoop {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isLooking = false;
	let isStopped = false;

	async function lookNow() {
		// It looks again when it is through.
		if (isLooking) return;
		isLooking = true;
		await look();
		isLooking = false;
		lookIn(everyMs);
	}

	function lookIn(ms: number) {
		clearTimeout(timer);
		if (!isStopped) timer = setTimeout(lookNow, ms);
	}

	return {
		soon: () => lookIn(0),
		stop() {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}
