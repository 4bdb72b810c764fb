/**
 * One gate (gates.ts): it lets a bounded number of pushes through at a time, and shuts when the other side is unwell
 * (circuit-breaker.ts).
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import type { Registration } from "../../types.ts";
import type { Pools } from "./bulkhead.ts";
import { type Breaker, createBreaker } from "./circuit-breaker.ts";
import { createPace } from "./host-rate.ts";
import { partyOf, UNKNOWN_PARTY } from "./party.ts";
import { placesOf } from "./places.ts";
import type { Fault, Report } from "./report.ts";

/** May a push go out? */
export type Turn = Go | Later;

/** Yes; say what became of it. @returns whether what it says is believed of others too */
interface Go {
	kind: "go";
	leave(report: Report): boolean;
}

/** No, and when to ask again, ms since the epoch. */
interface Later {
	kind: "later";
	reason: string;
	at: number;
	/** Only for want of room: another one of the same gate that comes back makes some, perhaps before that. */
	isFull?: true;
}

export interface GateLimits {
	/** Pushes on their way at once. */
	inFlight: number;
	/** Pushes a second, and how many at once after a pause; undefined: as many as there are. */
	rate?: Rate;
	/**
	 * Pushes on their way at once through all gates of this pool together. Those that answered well last, and the
	 * others, have so many each: who hangs takes no place from who works. `onlyUnwell`: the former are not counted.
	 */
	pool?: { name: string; inFlight: number; onlyUnwell?: true };
	/**
	 * Clients choose what is behind the gate: it shuts when the devices of so many parties had faults. Missing: the
	 * operator chose it, and each device's faults count.
	 */
	parties?: number;
}

/** A push that asks at a gate. */
export interface Asking {
	/** What it is for. */
	device: Pick<Registration, "party" | "owner">;
	/** Its token was delivered to. */
	isProven: boolean;
	/** It comes from the outbox, whose places all gates share: few of one gate's at once. */
	isRetry: boolean;
}

export interface Gate {
	ask(asking: Asking): Turn;
	/** Why it is shut; undefined: it is open. */
	reason(): string | undefined;
	/** How many pushes are on their way. */
	inFlight(): number;
	/** Nothing is lost with it but how the other side answered. */
	mayBeForgotten(): boolean;
}

/** What a gate tells, and goes by. */
export interface GateEffects {
	now(): number;
	random(): number;
	pools: Pools;
	/** @param isForAll false: only for devices that were never delivered to */
	onShut(report: Fault, isForAll: boolean): void;
	onOpen(): void;
	/** It turned pushes away for want of room, and has some again. */
	onRoom(): void;
}

/** When to ask again at a gate that is full, ms: as long as it has not answered well, between these. */
export const FULL_MS = 1_000;
const FULL_LONGEST_MS = 30_000;
/** A gate that was full has room again when no more than this part of its places is taken: one would be gone at once. */
const ROOM = 3 / 4;
/** Retries of one gate on their way at once: a provider that is slow leaves the outbox's other places to others. */
const RETRIES = deliveryBounds.retriesOfGate.is;

export function createGate(limits: GateLimits, effects: GateEffects): Gate {
	const { now, pools } = effects;
	const breakers = createBreakers(limits, effects);
	const pace = limits.rate && createPace(limits.rate, now);
	/** On their way: all, those for devices that were never delivered to, and those that come from the outbox. */
	const onTheWay = { all: 0, unproven: 0, retries: 0 };
	/** Who was turned away for want of room, and was not told of any since: if nobody else, unproven devices. */
	let awaitedBy: "proven" | "unproven" | undefined;
	/** It answered, the last time. */
	let isWell = false;
	let wellAt = now();

	function full(what: "pushes" | "retries"): Later {
		const at = now() + Math.min(Math.max(now() - wellAt, FULL_MS), FULL_LONGEST_MS);
		return { kind: "later", reason: `too many ${what} are on their way`, at, isFull: true };
	}

	function isFull(pool: string | undefined, asking: Asking): boolean {
		if (onTheWay.all >= limits.inFlight) return true;
		if (!asking.isProven && onTheWay.unproven >= placesOf(limits.inFlight, false)) return true;
		return pool !== undefined && limits.pool !== undefined && pools.isFull(pool, limits.pool, asking);
	}

	/** @returns undefined: there is room, and one of what goes by time was taken */
	function wait(pool: string | undefined, asking: Asking): Later | undefined {
		const { isProven, isRetry } = asking;
		if (isFull(pool, asking)) {
			awaitedBy = isProven ? "proven" : (awaitedBy ?? "unproven");
			return full("pushes");
		}
		if (isRetry && onTheWay.retries >= placesOf(RETRIES, isProven)) return full("retries");
		const burst = limits.rate?.burst ?? 0;
		const at = pace?.take(burst - placesOf(burst, isProven), RETRIES);
		return at === undefined ? undefined : { kind: "later", reason: "too many pushes a second", at };
	}

	function count({ isProven, isRetry }: Asking, by: 1 | -1) {
		onTheWay.all += by;
		if (!isProven) onTheWay.unproven += by;
		if (isRetry) onTheWay.retries += by;
	}

	function tellOfRoom() {
		if (awaitedBy === undefined || !isWell || onTheWay.all > limits.inFlight * ROOM) return;
		if (awaitedBy === "unproven" && onTheWay.unproven > placesOf(limits.inFlight, false) * ROOM) return;
		awaitedBy = undefined;
		effects.onRoom();
	}

	/** Whose pool counts it. @returns undefined: none does */
	const poolNow = () =>
		limits.pool === undefined || (limits.pool.onlyUnwell && isWell)
			? undefined
			: `${limits.pool.name} ${isWell}`;

	/** @returns whether it is believed of others too */
	function hear(report: Report, asking: Asking, trials: Trials): boolean {
		const isGood = report.kind === "well";
		// What a maker's host says of made-up URLs must not cost its places.
		if (report.kind !== "nothing" && (asking.isProven || isGood || !limits.pool?.onlyUnwell)) isWell = isGood;
		if (isGood && breakers.isHeard(report, asking)) wellAt = now();
		return breakers.note(report, asking, trials);
	}

	return {
		ask(asking) {
			const trials = breakers.ask(asking);
			if ("kind" in trials) return trials;
			const pool = poolNow();
			const later = wait(pool, asking);
			if (later) return later;
			breakers.begin(asking, trials);
			count(asking, 1);
			if (pool !== undefined) pools.add(pool, asking, 1);
			return {
				kind: "go",
				leave(report) {
					count(asking, -1);
					if (pool !== undefined) pools.add(pool, asking, -1);
					const isBelieved = hear(report, asking, trials);
					tellOfRoom();
					return isBelieved;
				},
			};
		},

		reason: breakers.reason,
		inFlight: () => onTheWay.all,
		// Who fills the room with other gates must not get a full bucket here by it.
		mayBeForgotten: () => onTheWay.all === 0 && (pace?.isFull() ?? true),
	};
}

/** Which of a gate's breakers a push is let through by to see. */
interface Trials {
	ofAll: boolean;
	ofUnproven: boolean;
}

const NO_TRIALS: Trials = { ofAll: false, ofUnproven: false };
const NOTHING: Report = { kind: "nothing" };

/**
 * A gate's two breakers: one for everybody, and, where an app's own provider is asked, one for devices that were never
 * delivered to, by what they say.
 */
function createBreakers({ parties }: GateLimits, effects: GateEffects) {
	const breaker = (isForAll: boolean): Breaker =>
		createBreaker(isForAll ? (parties ?? 1) : 1, {
			...effects,
			onShut: (report) => effects.onShut(report, isForAll),
		});
	const ofAll = breaker(true);
	const ofUnproven = parties === undefined ? breaker(false) : undefined;

	/** Who counts as one behind a push whose word counts; where one is enough it does not matter who. */
	function witness({ device, isProven }: Asking): string | undefined {
		if (!isProven) return undefined;
		return parties === undefined ? UNKNOWN_PARTY : partyOf(device);
	}

	/** Whether what a push says counts for everybody. */
	const isHeard = (report: Report, { isProven }: Asking) =>
		isProven || (report.kind === "well" && ofUnproven !== undefined) || isCertain(report);

	return {
		isHeard,

		reason: () => ofAll.reason() ?? ofUnproven?.reason(),

		/** @returns when to ask again, with the reason; otherwise what the push is a trial of */
		ask(asking: Asking): Later | Trials {
			const [reason, itsReason] = [ofAll.reason(), asking.isProven ? undefined : ofUnproven?.reason()];
			if (reason === undefined && itsReason === undefined) return NO_TRIALS;
			const at = reason === undefined ? undefined : ofAll.waitAt(witness(asking));
			if (at !== undefined) return { kind: "later", reason: reason ?? "", at };
			const itsAt = itsReason === undefined ? undefined : ofUnproven?.waitAt(UNKNOWN_PARTY);
			if (itsAt !== undefined) return { kind: "later", reason: itsReason ?? "", at: itsAt };
			return { ofAll: reason !== undefined, ofUnproven: itsReason !== undefined };
		},

		begin(asking: Asking, trials: Trials) {
			if (trials.ofAll) ofAll.begin(witness(asking));
			if (trials.ofUnproven) ofUnproven?.begin(UNKNOWN_PARTY);
		},

		/** @returns whether it is believed of others too */
		note(report: Report, asking: Asking, trials: Trials): boolean {
			const isGood = report.kind === "well";
			const isForAll = isHeard(report, asking);
			// Who it was is not asked where all is well, at almost every push.
			const party = isGood && trials === NO_TRIALS ? undefined : witness(asking);
			const isBelieved = ofAll.note(isForAll ? report : NOTHING, party, trials.ofAll);
			ofUnproven?.note(isGood || !asking.isProven ? report : NOTHING, UNKNOWN_PARTY, trials.ofUnproven);
			return isForAll ? isBelieved : ofUnproven !== undefined;
		},
	};
}

/** Whoever says it: a push was delivered, or our account itself was refused. */
const isCertain = (report: Report) =>
	(report.kind === "well" && report.isDelivered === true) ||
	(report.kind === "misconfigured" && report.isOfAccount === true);
