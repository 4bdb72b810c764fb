/** Who may have how many of the places on the way to others. */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";

/** Of so many places, those for devices that were never delivered to: the last ones are for those that were. */
export const placesOfUnproven = (all: number) =>
	Math.max(1, Math.floor((all * deliveryBounds.unprovenPlaces.is) / 100));

/** Of the places of a pool, those that one party may have. */
export const placesOfParty = (all: number) =>
	Math.max(1, Math.floor((all * deliveryBounds.partyPlaces.is) / 100));
