/** Finds out that a connection is dead which nobody closed. */
import type { XmppStream } from "./xmpp-stream.ts";

/** How often to ask within the grace. */
const PROBES = 15;

/** All times in ms. */
export interface HeartbeatOptions {
	/** Ask whether the server is still there after this much silence, … */
	silence: number;
	/** … and drop the connection after this much more. */
	grace: number;
	/** When something arrived last, since the epoch. */
	lastLife(): number;
	/** Called with how long it has been silent, before the connection is dropped. */
	onDead(silence: number): void;
}

/** @returns what ends it */
export function startHeartbeat(
	stream: Pick<XmppStream, "probe" | "drop">,
	{ silence, grace, lastLife, onDead }: HeartbeatOptions,
): () => void {
	const timer = setInterval(() => {
		const silent = Date.now() - lastLife();
		if (silent > silence + grace) {
			onDead(silent);
			stream.drop();
		} else if (silent > silence) {
			stream.probe();
		}
	}, grace / PROBES);
	return () => clearInterval(timer);
}
