/** Wakes the outbox's loop at the earliest time that was asked for. Nothing is ever polled. */

export interface Alarm {
	/** Rings at once for the first time. Before that, and after `turnOff`, it never does. */
	turnOn(): void;
	turnOff(): void;
	isOff(): boolean;
	/** Rings then, ms since the epoch, if not before. */
	ringAt(time: number): void;
	/** Rings when so many ms are over, and not before. */
	rest(ms: number): void;
	isResting(): boolean;
	/** Whatever it rests for. */
	endRest(): void;
}

/** The longest a timer may run: a clock that was set is noticed after this long. */
const LONGEST_SLEEP_MS = 60_000;

export function createAlarm(now: () => number, ring: () => void): Alarm {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let ringsAt = Number.POSITIVE_INFINITY;
	let restsUntil = Number.NEGATIVE_INFINITY;
	let isOff = true;

	function ringAt(time: number) {
		const at = Math.max(time, restsUntil);
		if (isOff || at >= ringsAt) return;
		clearTimeout(timer);
		ringsAt = at;
		const sleep = Math.min(Math.max(at - now(), 0), LONGEST_SLEEP_MS);
		timer = setTimeout(() => {
			ringsAt = Number.POSITIVE_INFINITY;
			ring();
		}, sleep);
	}

	return {
		turnOn() {
			isOff = false;
			ringAt(now());
		},
		turnOff() {
			isOff = true;
			clearTimeout(timer);
		},
		isOff: () => isOff,
		ringAt,
		rest(ms) {
			restsUntil = now() + ms;
			ringAt(restsUntil);
		},
		isResting: () => restsUntil > now(),
		endRest() {
			restsUntil = Number.NEGATIVE_INFINITY;
		},
	};
}
