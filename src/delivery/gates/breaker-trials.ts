/** Who tries whether it works again where a breaker is shut: one whose faults count, and beside it one whose do not. */
import { isWithin, type Span } from "./time-span.ts";

export interface Trials {
	/** One goes, to see: until it is back no other of its sort does. */
	begin(party: string | undefined): void;
	/** It is back. */
	end(party: string | undefined): void;
	/** A party whose trial failed while others' may go well leaves the next to others, for so many ms. */
	leaveToOthers(party: string, ms: number): void;
	/** When to ask again, ms since the epoch; undefined: it may begin. */
	waitAt(party: string | undefined): number | undefined;
	/** The breaker shut anew, or is open. */
	forget(): void;
}

/** The soonest that anybody is told to ask again, ms. */
export const AGAIN_MS = 1_000;

export function createTrials(now: () => number): Trials {
	const isTried = { byWitness: false, byOther: false };
	/** Whose trial failed, and for how long the next is another one's. */
	const failed = new Map<string, Span>();
	const sortOf = (party: string | undefined) => (party === undefined ? "byOther" : "byWitness");

	return {
		begin(party) {
			isTried[sortOf(party)] = true;
		},

		end(party) {
			isTried[sortOf(party)] = false;
		},

		leaveToOthers(party, ms) {
			failed.set(party, { at: now(), until: now() + ms });
		},

		waitAt(party) {
			const at = now();
			if (isTried[sortOf(party)]) return at + AGAIN_MS;
			const own = party === undefined ? undefined : failed.get(party);
			return own && isWithin(own, at) ? Math.max(own.until, at + AGAIN_MS) : undefined;
		},

		forget: () => failed.clear(),
	};
}
