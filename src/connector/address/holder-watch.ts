/** Watches an address's holder: by its beat, which grows in the database, and by our own clock alone. */
import type { LeaseRow } from "../../store/stream-leases.ts";

export interface HolderWatch {
	/** @returns how long the holder's beat has stood still, ms */
	see(seen: LeaseRow | undefined): number;
	/** Begins anew: the holder could not beat. */
	forget(): void;
}

/** @param goneMs a holder whose beat stands still for so long is gone */
export function createHolderWatch(goneMs: number): HolderWatch {
	let watched: { row: LeaseRow; stillMs: number } | undefined;
	let lookedAt = performance.now();

	return {
		see(seen) {
			const now = performance.now();
			// More is a pause of this process, or of the whole machine: the holder could not beat then either.
			const sinceLook = Math.min(now - lookedAt, goneMs / 2);
			lookedAt = now;
			const isSame = watched && seen?.holder === watched.row.holder && seen.beat === watched.row.beat;
			watched = seen && { row: seen, stillMs: isSame && watched ? watched.stillMs + sinceLook : 0 };
			return watched?.stillMs ?? 0;
		},
		forget() {
			watched = undefined;
		},
	};
}
