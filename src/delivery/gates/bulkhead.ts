/** Pushes on their way by pool: all of them, those for devices that were never delivered to, and those of each party. */
import type { Asking, GateLimits } from "./gate.ts";
import { partyOf, UNKNOWN_PARTY } from "./party.ts";
import { placesOf, placesOfParty } from "./places.ts";

type Who = Pick<Asking, "device" | "isProven">;

export interface Pools {
	/** Whether no other may go. */
	isFull(pool: string, limits: NonNullable<GateLimits["pool"]>, who: Who): boolean;
	/** @param by 1: it goes; -1: it is back */
	add(pool: string, who: Who, by: 1 | -1): void;
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

	return {
		isFull(pool, { inFlight, onlyUnwell }, who) {
			if (countOf(pool) >= inFlight) return true;
			if (!who.isProven && countOf(unproven(pool)) >= placesOf(inFlight, false)) return true;
			// A maker's hosts were chosen by nobody whose devices were delivered to there.
			if (who.isProven && onlyUnwell) return false;
			return isKnown(who) && countOf(ofParty(pool, who)) >= placesOfParty(inFlight);
		},

		add(pool, who, by) {
			change(pool, by);
			if (!who.isProven) change(unproven(pool), by);
			if (isKnown(who)) change(ofParty(pool, who), by);
		},
	};
}
