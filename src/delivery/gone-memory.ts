/** Which relayed endpoints are gone, remembered for a day, by the next process too: none is asked more than once a day. */
import type { Logger } from "@logtape/logtape";
import { push2Bounds } from "../limits/bounds/push2.ts";
import { about } from "../messages/about.ts";
import { faultOf } from "../store/database-fault.ts";
import type { GoneEndpoints } from "../store/local/gone-endpoints.ts";
import { createUnawaitedWrites } from "./unawaited-writes.ts";

export interface GoneMemory {
	/** What earlier processes learnt. */
	readonly known: readonly { hash: string; goneAt: number }[];
	/** One was said to be gone. */
	note(hash: string, goneAt: number): void;
	/** Resolves when all that was noted is on disk, or could not be written. */
	written(): Promise<void>;
}

/** How long it is remembered, ms. */
export const GONE_MS = 86_400_000;
const MOST = push2Bounds.relayEndpoints.is;
/** Strangers decide how many could not be saved. */
const WARN_EVERY_MS = 60_000;
/** So many are noted until those are removed that are of no use any more. */
const SWEEP_EVERY = 1_000;

/**
 * Reads what was remembered.
 * @param kept the connector's own file
 * @throws what the file throws when it cannot be read
 */
export async function openGoneMemory({
	kept,
	log,
	now = Date.now,
}: {
	kept: GoneEndpoints;
	log: Pick<Logger, "warn">;
	now?: () => number;
}): Promise<GoneMemory> {
	const { write, written } = createUnawaitedWrites(warn);
	let noted = 0;
	let warnedAt = Number.NEGATIVE_INFINITY;

	function warn(error: unknown) {
		if (Math.abs(now() - warnedAt) < WARN_EVERY_MS) return;
		warnedAt = now();
		log.warn(
			"Which endpoints of the relay are gone could not be saved in {dataDir}. It is known until this process ends: {error}",
			about("gone-endpoints-not-saved", { error: faultOf(error) }),
		);
	}

	return {
		known: await kept.load(now() - GONE_MS, now() + GONE_MS, MOST),
		note(hash, goneAt) {
			write(kept.save(hash, goneAt));
			if (noted++ % SWEEP_EVERY === 0) write(kept.keep(now() - GONE_MS, now() + GONE_MS, MOST));
		},
		written,
	};
}
