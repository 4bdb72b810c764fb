/** Finds out that a connection is dead which nobody closed. */
import type { XmppStream } from "./stream.ts";

/** How often to ask within the grace. */
const PROBES = 15;

/**
 * So often in a row, without a sign of life between, a late tick is taken for a pause: a process that is too busy for
 * its own timers would never find out.
 */
const MOST_PAUSES = 3;

/** All times in ms, by a clock that only goes forward (`performance.now`): nobody sets it. */
export interface HeartbeatOptions {
	/** Ask whether the server is still there after this much silence, … */
	silence: number;
	/** … and drop the connection after this much more. */
	grace: number;
	/** When something arrived last. */
	lastLife(): number;
	/** Called with how long it has been silent, before the connection is dropped. */
	onDead(silence: number): void;
}

/** @returns what ends it */
export function startHeartbeat(
	stream: Pick<XmppStream, "probe" | "drop">,
	options: HeartbeatOptions,
): () => void {
	const every = options.grace / PROBES;
	const judge = createJudge({ ...options, every }, performance.now());
	const timer = setInterval(() => {
		const now = performance.now();
		const verdict = judge(now);
		if (verdict === "dead") {
			options.onDead(now - options.lastLife());
			stream.drop();
		} else if (verdict === "ask") {
			stream.probe();
		}
	}, every);
	return () => clearInterval(timer);
}

/**
 * What a tick makes of the silence. A tick that comes late by more than an interval follows a pause: the process was
 * stopped, its container frozen, or its machine suspended. Its own sleep is no silence of the server's, whose stanzas
 * may lie there unread. So it asks, and waits the whole grace anew, while what lies there is read.
 * @param options.every between two ticks, ms
 * @param startedAt when the ticks began
 * @returns to be called at each tick, with the time
 */
export function createJudge(
	{ every, silence, grace, lastLife }: Omit<HeartbeatOptions, "onDead"> & { every: number },
	startedAt: number,
): (now: number) => "alive" | "ask" | "dead" {
	let lastTick = startedAt;
	let pauses = 0;
	let graceFrom = Number.NEGATIVE_INFINITY;
	return (now) => {
		const isLate = now - lastTick > 2 * every;
		lastTick = now;
		if (now - lastLife() <= silence) {
			pauses = 0;
			return "alive";
		}
		if (isLate && pauses < MOST_PAUSES) {
			pauses++;
			graceFrom = now;
		}
		return now - Math.max(lastLife() + silence, graceFrom) > grace ? "dead" : "ask";
	};
}
