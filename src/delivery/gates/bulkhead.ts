/**
 * The bulkhead of a gate: so many pushes are on their way at a time, and so many go a second. The last places are for
 * devices that were delivered to, and few are for what comes from the outbox.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import type { Asking, GateEffects, GateLimits, Later } from "./gate.ts";
import { createPace } from "./host-rate.ts";
import { placesOfUnproven } from "./places.ts";
import type { Report } from "./report.ts";

export interface Bulkhead {
	/** The pool that counts a push which goes now; undefined: none does. */
	poolNow(): string | undefined;
	/**
	 * Takes a place, and one of what goes by time.
	 * @returns undefined: it has its place
	 */
	enter(pool: string | undefined, asking: Asking): Later | undefined;
	/** Gives the place back, in the pool that it was taken in. */
	leave(pool: string | undefined, asking: Asking): void;
	/** What a push says of the other side: who works and who does not are counted in pools of their own. */
	hear(report: Report, asking: Asking): void;
	/** The other side works, and somebody says so who is believed: whoever asks in vain may ask again soon. */
	works(): void;
	/** Tells of it where pushes were turned away for want of room, and there is some now. */
	tellOfRoom(): void;
	/** How many pushes are on their way. */
	inFlight(): number;
	/** Nothing is on its way, and as many may go at once as ever. */
	isUnused(): boolean;
}

/** When to ask again where it is full, ms: as long as the other side has not answered well, between these. */
export const FULL_MS = 1_000;
const FULL_LONGEST_MS = 30_000;
/** What was full has room again when no more than this part of its places is taken: one would be gone at once. */
const ROOM = 3 / 4;
/** Retries of one gate on their way at once: a provider that is slow leaves the outbox's other places to others. */
const RETRIES = deliveryBounds.retriesOfGate.is;
const RETRIES_OF_UNPROVEN = placesOfUnproven(RETRIES);

export function createBulkhead(
	limits: GateLimits,
	{ now, pools, onRoom }: Pick<GateEffects, "now" | "pools" | "onRoom">,
): Bulkhead {
	const unprovenPlaces = placesOfUnproven(limits.inFlight);
	const pace = limits.rate && createPace(limits.rate, now);
	/** Of those that may go at once, so many are kept back for devices that were delivered to. */
	const keptBack = limits.rate ? limits.rate.burst - placesOfUnproven(limits.rate.burst) : 0;
	/** On their way: all, those for devices that were never delivered to, and those that come from the outbox. */
	const onTheWay = { all: 0, unproven: 0, retries: 0 };
	/** Who was turned away for want of room, and was not told of any since: if nobody else, unproven devices. */
	let awaitedBy: "proven" | "unproven" | undefined;
	/** It answered, the last time. */
	let isWell = false;
	/** It answered a device that was delivered to: what a stranger's pages there say changes nothing then. */
	let isWellForProven = false;
	let wellAt = now();

	function full(what: "pushes" | "retries"): Later {
		const at = now() + Math.min(Math.max(now() - wellAt, FULL_MS), FULL_LONGEST_MS);
		return { kind: "later", reason: `too many ${what} are on their way`, at, isFull: true };
	}

	function isFull(pool: string | undefined, asking: Asking): boolean {
		if (onTheWay.all >= limits.inFlight) return true;
		if (!asking.isProven && onTheWay.unproven >= unprovenPlaces) return true;
		return pool !== undefined && limits.pool !== undefined && pools.isFull(pool, limits.pool, asking);
	}

	/** @returns undefined: there is room, and one of what goes by time was taken */
	function turnAway(pool: string | undefined, asking: Asking): Later | undefined {
		const { isProven, isRetry } = asking;
		if (isFull(pool, asking)) {
			awaitedBy = isProven ? "proven" : (awaitedBy ?? "unproven");
			return full("pushes");
		}
		if (isRetry && onTheWay.retries >= (isProven ? RETRIES : RETRIES_OF_UNPROVEN)) return full("retries");
		const at = pace?.take(isProven ? 0 : keptBack, RETRIES);
		return at === undefined ? undefined : { kind: "later", reason: "too many pushes a second", at };
	}

	function count({ isProven, isRetry }: Asking, by: 1 | -1) {
		onTheWay.all += by;
		if (!isProven) onTheWay.unproven += by;
		if (isRetry) onTheWay.retries += by;
	}

	return {
		poolNow: () =>
			limits.pool === undefined || (limits.pool.onlyUnwell && isWell)
				? undefined
				: `${limits.pool.name} ${isWell}`,

		enter(pool, asking) {
			const later = turnAway(pool, asking);
			if (later) return later;
			count(asking, 1);
			if (pool !== undefined) pools.enter(pool, asking);
			return undefined;
		},

		leave(pool, asking) {
			count(asking, -1);
			if (pool !== undefined) pools.leave(pool, asking);
		},

		hear({ kind }, { isProven }) {
			if (kind === "nothing") return;
			const isGood = kind === "well";
			if (isProven) isWellForProven = isGood;
			// What a host says of made-up URLs must not cost its users their places: a maker's, or one that serves them.
			if (isProven || isGood || !(isWellForProven || limits.pool?.onlyUnwell)) isWell = isGood;
		},

		works() {
			wellAt = now();
		},

		tellOfRoom() {
			if (awaitedBy === undefined || !isWell || onTheWay.all > limits.inFlight * ROOM) return;
			if (awaitedBy === "unproven" && onTheWay.unproven > unprovenPlaces * ROOM) return;
			awaitedBy = undefined;
			onRoom();
		},

		inFlight: () => onTheWay.all,
		// Who fills the room with other gates must not get a full bucket here by it.
		isUnused: () => onTheWay.all === 0 && (pace?.isFull() ?? true),
	};
}
