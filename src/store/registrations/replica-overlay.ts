/** Reads nearby what may be old there: what the primary said since is remembered until it has arrived. */
import type { Registration } from "../../types.ts";
import { type Row, toRegistration } from "./row.ts";

/** How many are remembered: more than are written in the time that a replica takes. */
const KEPT = 10_000;

export interface Nearby {
	/** Undefined: it is not here, which says nothing. */
	find(node: string): Promise<Registration | undefined>;
	/** The primary just said that a registration is this, or (undefined) that there is none. */
	learn(node: string, registration: Registration | undefined): void;
}

/**
 * A push that goes to a token of yesterday would be kept for the new one and go to the old one again, for as long as
 * the replica is not brought up to date. So what this process asked the primary, or wrote there, counts more.
 * @param read reads at the replica; one that cannot be read has nothing
 * @param freshAt all that the primary had at this time is at the replica, ms since the epoch
 */
export function createNearby(
	read: (node: string) => Promise<Registration | undefined>,
	freshAt: () => number,
	now: () => number,
): Nearby {
	/** The oldest first. */
	const learned = new Map<string, { at: number; registration: Registration | undefined }>();

	function forgetArrived() {
		const fresh = freshAt();
		for (const [node, { at }] of learned) {
			if (at >= fresh && learned.size <= KEPT) return;
			learned.delete(node);
		}
	}

	return {
		async find(node) {
			forgetArrived();
			const known = learned.get(node);
			return known ? known.registration : read(node).catch(() => undefined);
		},

		learn(node, registration) {
			learned.delete(node);
			learned.set(node, { at: now(), registration });
			forgetArrived();
		},
	};
}

/** Tells the replica's reader what the primary just said; without a replica nobody needs to know. */
export interface Learning {
	/** A row as the primary has it now. @returns its registration */
	row(row: Row): Registration;
	/** These are not there any more. @returns whether there was one */
	ends(rows: readonly { node: string }[]): boolean;
	/** A node has this registration, or (undefined) none. */
	node: Nearby["learn"];
}

export function createLearning(nearby: Nearby | undefined): Learning {
	const learn: Nearby["learn"] = (node, registration) => nearby?.learn(node, registration);
	return {
		row(row) {
			const registration = toRegistration(row);
			learn(row.node, registration);
			return registration;
		},
		ends(rows) {
			for (const { node } of rows) learn(node, undefined);
			return rows.length > 0;
		},
		node: learn,
	};
}
