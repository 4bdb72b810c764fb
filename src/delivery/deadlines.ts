/** Deadlines that all lie equally far ahead, as of thousands of pushes a second: one timer for all of them. */

export interface Deadlines {
	/** Sets one: its signal fires after the time, unless it is ended before. */
	begin(): Deadline;
}

export interface Deadline {
	readonly signal: AbortSignal;
	end(): void;
}

interface Pending {
	readonly controller: AbortController;
	/** On the clock of `now`. */
	readonly at: number;
}

/**
 * @param ms how far ahead each lies
 * @param now a clock in ms that never jumps
 */
export function createDeadlines(ms: number, now = () => performance.now()): Deadlines {
	/** The earliest first. */
	const pending = new Set<Pending>();
	/** Until the earliest of when it was set, which has mostly ended by then. */
	let timer: ReturnType<typeof setTimeout> | undefined;

	function fire() {
		timer = undefined;
		const at = now();
		for (const deadline of pending) {
			if (deadline.at > at) {
				timer = setTimeout(fire, Math.ceil(deadline.at - at));
				return;
			}
			pending.delete(deadline);
			deadline.controller.abort();
		}
	}

	return {
		begin() {
			const controller = new AbortController();
			const deadline = { controller, at: now() + ms };
			pending.add(deadline);
			timer ??= setTimeout(fire, ms);
			return {
				signal: controller.signal,
				end() {
					pending.delete(deadline);
					if (pending.size > 0) return;
					clearTimeout(timer);
					timer = undefined;
				},
			};
		},
	};
}
