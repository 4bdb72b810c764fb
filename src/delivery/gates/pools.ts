/** Pushes on their way by pool: all of them, those for devices that were never delivered to, and those of each party. */
import type { Asking, GateLimits } from "./gate.ts";
import { partyOf, UNKNOWN_PARTY } from "./party.ts";
import { placesOfParty, placesOfUnproven } from "./places.ts";

type Who = Pick<Asking, "device" | "isProven">;

export interface Pools {
	/** Whether no other may go. */
	isFull(pool: string, limits: NonNullable<GateLimits["pool"]>, who: Who): boolean;
	/** One goes. */
	enter(pool: string, who: Who): void;
	/** It is back. */
	leave(pool: string, who: Who): void;
}

export function createPools(): Pools {
	const counts = new Map<string, number>();
	const countOf = (name: string) => counts.get(name) ?? 0;
	const change = (name: string, by: number) => {
		const count = countOf(name) + by;
		if (count > 0) counts.set(name, count);
		else counts.delete(name);
	};
	const unproven = (pool: string) => `${pool} unproven`;
	const ofParty = (pool: string, { device }: Who) => `${pool} of ${partyOf(device)}`;
	/** All that registered before it was noted who they are would count as one. */
	const isKnown = ({ device }: Who) => partyOf(device) !== UNKNOWN_PARTY;

	function changeAll(pool: string, who: Who, by: 1 | -1) {
		change(pool, by);
		if (!who.isProven) change(unproven(pool), by);
		if (isKnown(who)) change(ofParty(pool, who), by);
	}

	return {
		isFull(pool, { inFlight, onlyUnwell }, who) {
			if (countOf(pool) >= inFlight) return true;
			if (!who.isProven && countOf(unproven(pool)) >= placesOfUnproven(inFlight)) return true;
			// A maker's hosts were chosen by nobody whose devices were delivered to there.
			if (who.isProven && onlyUnwell) return false;
			return isKnown(who) && countOf(ofParty(pool, who)) >= placesOfParty(inFlight);
		},

		enter: (pool, who) => changeAll(pool, who, 1),
		leave: (pool, who) => changeAll(pool, who, -1),
	};
}
