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
			const send = sends.add(controller);
			let body: Pending | undefined;
			const endBody = () => {
				if (body) bodies.end(body);
				body = undefined;
			};
			const signal: SendSignal = Object.assign(controller.signal, {
				bodyBegins() {
					body = bodies.add(controller);
				},
				bodyEnds: endBody,
			});
			return {
				signal,
				end() {
					sends.end(send);
					endBody();
				},
			};
		},
	};
}

interface Pending {
	readonly controller: AbortController;
	/** On the clock of `now`. */
	readonly at: number;
}

/** Those that lie so far ahead, with one timer. */
function createQueue(ms: number, now: () => number) {
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
		add(controller: AbortController): Pending {
			const deadline = { controller, at: now() + ms };
			pending.add(deadline);
			timer ??= setTimeout(fire, ms);
			return deadline;
		},
		end(deadline: Pending) {
			pending.delete(deadline);
			if (pending.size > 0) return;
			clearTimeout(timer);
			timer = undefined;
		},
	};
}
