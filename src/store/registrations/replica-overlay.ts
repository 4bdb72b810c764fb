/** Reads at a replica, which lags behind: what the primary said is remembered until the replica has it. */
import type { Registration } from "../../types.ts";
import { type Row, toRegistration } from "./row.ts";

/** How many are remembered: more than are written until a replica has caught up. */
const KEPT = 10_000;

export interface Nearby {
	/** Undefined: the replica does not have it. The primary may. */
	find(node: string): Promise<Registration | undefined>;
	/** The primary just said what a node's registration is. Undefined: it has none. */
	learn(node: string, registration: Registration | undefined): void;
}

/**
 * Without it, a push to an old token would be queued for the new token and sent to the old one again, until the replica
 * has caught up. So what this process read at the primary, or wrote there, comes before what the replica says.
 * @param read reads at the replica; where that fails, it counts as not found
 * @param freshAt the replica has everything that the primary had at this time, ms since the epoch
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

/** Takes note of what the primary just said. Without a replica there is nothing to note. */
export interface Learning {
	/** This is a row now. @returns its registration */
	row(row: Row): Registration;
	/** These rows have ended. @returns whether there was one */
	ends(rows: readonly { node: string }[]): boolean;
	/** This is a node's registration now; undefined: it has none. */
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
