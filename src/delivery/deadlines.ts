/** Deadlines that all lie equally far ahead, as of thousands of pushes a second: one timer for all of them. */
import { answerBounds } from "../limits/bounds/answers.ts";
import type { SendSignal } from "../services/exchange.ts";

export interface Deadlines {
	/** Sets one: its signal fires after the time, unless it is ended before. */
	begin(): Deadline;
}

export interface Deadline {
	readonly signal: SendSignal;
	end(): void;
}

/** The status of an answer is there: its text may take so long, ms. */
const BODY_MS = answerBounds.pushServiceTime.is;

/**
 * @param ms how far ahead each lies
 * @param now a clock in ms that never jumps
 */
export function createDeadlines(ms: number, now = () => performance.now()): Deadlines {
	const sends = createQueue(ms, now);
	const bodies = createQueue(BODY_MS, now);

	return {
		begin() {
			const controller = new AbortController();
			sends.add(controller);
			const signal: SendSignal = controller.signal;
			signal.bodyBegins = () => bodies.add(controller);
			signal.bodyEnds = () => bodies.end(controller);
			return {
				signal,
				end() {
					sends.end(controller);
					bodies.end(controller);
				},
			};
		},
	};
}

/** Those that lie so far ahead, with one timer. */
function createQueue(ms: number, now: () => number) {
	/** When each fires, on the clock of `now`: the earliest first. */
	const pending = new Map<AbortController, number>();
	/** Until the earliest of when it was set, which has mostly ended by then. */
	let timer: ReturnType<typeof setTimeout> | undefined;

	function fire() {
		timer = undefined;
		const at = now();
		for (const [controller, firesAt] of pending) {
			if (firesAt > at) {
				timer = setTimeout(fire, Math.ceil(firesAt - at));
				return;
			}
			pending.delete(controller);
			controller.abort();
		}
	}

	return {
		add(controller: AbortController) {
			pending.set(controller, now() + ms);
			timer ??= setTimeout(fire, ms);
		},
		end(controller: AbortController) {
			if (!pending.delete(controller) || pending.size > 0) return;
			clearTimeout(timer);
			timer = undefined;
		},
	};
}
