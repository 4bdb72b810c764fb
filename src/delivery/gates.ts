/**
 * The gates: one sick provider, app, origin or device slows no other (invariant 5).
 *
 * A gate stands before each app, and for tokens that are URLs before each origin. It lets a bounded number of pushes
 * through at a time, shuts when the other side is unwell (breaker.ts), and opens again by itself. What it turns away
 * waits in the outbox.
 *
 * Anybody can register a device that does not exist. So devices that were never delivered to never get the last
 * places, and what they say shuts a gate for their like alone; where a client chose the URL, for nobody.
 */
import type { Rate } from "../limits/bounds/bound.ts";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import type { Registration } from "../types.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { partyOf, UNKNOWN_PARTY } from "./party.ts";
import type { Fault, Report } from "./report.ts";

/** May a push go out? */
export type Turn =
	/** Yes; say what became of it. @returns whether what it says is believed of others too */
	| { kind: "go"; leave(report: Report): boolean }
	/** No, and when to ask again, ms since the epoch. */
	| {
			kind: "later";
			reason: string;
			at: number;
			/** Only for want of room: another one of the same gate that comes back makes some, perhaps before that. */
			isFull?: true;
	  };

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

export interface Gates {
	/** Asks at the gate of this name, which is made when it is first asked. */
	enter(name: string, limits: GateLimits, asking: Asking): Turn;
	/** The gates that are shut, with the reason. */
	shut(): { name: string; reason: string }[];
	/** How many pushes are on their way, by gate. */
	inFlight(): ReadonlyMap<string, number>;
}

/** When to ask again at a gate that is full, ms: as long as it has not answered well, between these. */
const FULL_MS = 1_000;
const FULL_LONGEST_MS = 30_000;
/** A gate that was full has room again when no more than this part of its places is taken: one would be gone at once. */
const ROOM = 3 / 4;
/** Retries of one gate on their way at once: a provider that is slow leaves the outbox's other places to others. */
const RETRIES = deliveryBounds.retriesOfGate.is;
/** How many gates are remembered: clients choose the origins. */
const KEPT = deliveryBounds.gates.is;
/** A gate that nobody asked at for so long is forgotten, whatever it knew, ms. */
const IDLE_MS = 3_600_000;

/** Of so many places, those that a device may have: the last ones are for those that were delivered to. */
const placesOf = (all: number, isProven: boolean) =>
	isProven ? all : Math.max(1, Math.floor((all * deliveryBounds.unprovenPlaces.is) / 100));

/** Of the places of a pool, those that one party may have. */
const placesOfParty = (all: number) => Math.max(1, Math.floor((all * deliveryBounds.partyPlaces.is) / 100));

interface Gate {
	/** For everybody. */
	breaker: Breaker;
	/** For devices that were never delivered to, and by what they say; missing where that counts for nothing. */
	ofUnproven: Breaker | undefined;
	inFlight: number;
	/** Of those on their way, how many are for devices that were never delivered to. */
	unproven: number;
	/** Somebody was turned away for want of room, and was not told of any since: if nobody else, such devices. */
	awaitedBy: "proven" | "unproven" | undefined;
	/** It answered, the last time. */
	isWell: boolean;
	wellAt: number;
	/** Of those on their way, how many come from the outbox. */
	retries: number;
	/** How many may go at once now, as of `filledAt`. */
	tokens: number;
	filledAt: number;
	rate: GateLimits["rate"];
	usedAt: number;
}

export function createGates({
	now = Date.now,
	random = Math.random,
	onShut = () => {},
	onOpen = () => {},
	onRoom = () => {},
}: {
	now?: () => number;
	random?: () => number;
	/**
	 * A gate shut, or was found shut for another reason.
	 * @param isForAll false: only for devices that were never delivered to
	 */
	onShut?(name: string, report: Fault, isForAll: boolean): void;
	/** A gate works again. */
	onOpen?(name: string): void;
	/** A gate that turned pushes away for want of room has some again. */
	onRoom?(name: string): void;
} = {}): Gates {
	// Ordered by use, since a gate moves to the end when it is asked at.
	const gates = new Map<string, Gate>();
	const pools = createPools();

	/** @returns undefined: so many are in use that no other can be made */
	function gateOf(name: string, limits: GateLimits): Gate | undefined {
		const gate = gates.get(name) ?? make(name, limits);
		if (!gate) return undefined;
		gates.delete(name);
		gates.set(name, gate);
		gate.usedAt = now();
		return gate;
	}

	function make(name: string, { rate, parties }: GateLimits): Gate | undefined {
		forget();
		// Of what nobody answers for: an app's own gate is never wanting for the sake of others.
		if (gates.size >= KEPT && rate) return undefined;
		const breaker = (isForAll: boolean) =>
			createBreaker(isForAll ? (parties ?? 1) : 1, {
				now,
				random,
				onShut: (report) => onShut(name, report, isForAll),
				onOpen: () => onOpen(name),
			});
		const at = now();
		return {
			breaker: breaker(true),
			ofUnproven: parties === undefined ? breaker(false) : undefined,
			inFlight: 0,
			unproven: 0,
			awaitedBy: undefined,
			isWell: false,
			wellAt: at,
			retries: 0,
			rate,
			tokens: rate?.burst ?? 0,
			filledAt: at,
			usedAt: at,
		};
	}

	/** Forgets what was not used for long, and, for want of room, what was not used for longest. */
	function forget() {
		for (const [name, gate] of gates) {
			const isIdle = gate.usedAt <= now() - IDLE_MS;
			if (!isIdle && gates.size < KEPT) return;
			// Who fills the room with other gates must not get a full bucket here by it.
			if (gate.inFlight === 0 && fill(gate) >= (gate.rate?.burst ?? 0)) gates.delete(name);
		}
	}

	/** @returns how many may go at once now */
	function fill(gate: Gate): number {
		if (!gate.rate) return 0;
		const at = now();
		const filled = gate.tokens + (Math.max(0, at - gate.filledAt) / 1000) * gate.rate.perSecond;
		gate.tokens = Math.min(filled, gate.rate.burst);
		gate.filledAt = at;
		return gate.tokens;
	}

	/**
	 * Takes one, above those that are kept back.
	 * @returns when to ask again; undefined: it was taken
	 */
	function takeToken(gate: Gate, { perSecond, burst }: Rate, keptBack: number): number | undefined {
		if (fill(gate) < keptBack + 1) {
			// Not for one token at a time, but for as many as may come from the outbox at once.
			const wanted = Math.min(keptBack + RETRIES, burst);
			return Math.ceil(now() + ((wanted - gate.tokens) / perSecond) * 1000);
		}
		gate.tokens--;
		return undefined;
	}

	function full({ wellAt }: Gate, what: "pushes" | "retries"): Extract<Turn, { kind: "later" }> {
		const at = now() + Math.min(Math.max(now() - wellAt, FULL_MS), FULL_LONGEST_MS);
		return { kind: "later", reason: `too many ${what} are on their way`, at, isFull: true };
	}

	/** @returns when to ask again, with the reason; undefined: there is room, and one of what goes by time was taken */
	function wait(gate: Gate, limits: GateLimits, pool: string | undefined, asking: Asking) {
		const { isProven, isRetry } = asking;
		if (isFull(gate, limits, pool, asking)) {
			gate.awaitedBy = isProven ? "proven" : (gate.awaitedBy ?? "unproven");
			return full(gate, "pushes");
		}
		if (isRetry && gate.retries >= placesOf(RETRIES, isProven)) return full(gate, "retries");
		if (!limits.rate) return undefined;
		const { burst } = limits.rate;
		const at = takeToken(gate, limits.rate, burst - placesOf(burst, isProven));
		return at === undefined
			? undefined
			: ({ kind: "later", reason: "too many pushes a second", at } as const);
	}

	function isFull(gate: Gate, limits: GateLimits, pool: string | undefined, asking: Asking): boolean {
		if (gate.inFlight >= limits.inFlight) return true;
		if (!asking.isProven && gate.unproven >= placesOf(limits.inFlight, false)) return true;
		return pool !== undefined && limits.pool !== undefined && pools.isFull(pool, limits.pool, asking);
	}

	/** Tells of room, if somebody was turned away for want of it. */
	function tellOfRoom(name: string, gate: Gate, { inFlight }: GateLimits) {
		if (gate.awaitedBy === undefined || !gate.isWell || gate.inFlight > inFlight * ROOM) return;
		if (gate.awaitedBy === "unproven" && gate.unproven > placesOf(inFlight, false) * ROOM) return;
		gate.awaitedBy = undefined;
		onRoom(name);
	}

	/** Whom the pool of a gate counts. @returns undefined: not this one */
	const poolOf = ({ isWell }: Gate, { pool }: GateLimits) =>
		pool === undefined || (pool.onlyUnwell && isWell) ? undefined : `${pool.name} ${isWell}`;

	/** Takes note of what a push says. @returns whether it is believed of others too */
	function hear(gate: Gate, limits: GateLimits, report: Report, asking: Asking, trials: Trials): boolean {
		const { isProven } = asking;
		const isWell = report.kind === "well";
		// What a maker's host says of made-up URLs must not cost its places.
		if (report.kind !== "nothing" && (isProven || isWell || !limits.pool?.onlyUnwell)) gate.isWell = isWell;
		const isHeard = isProven || (isWell && gate.ofUnproven !== undefined) || isCertain(report);
		if (isHeard && isWell) gate.wellAt = now();
		// Who it was is not asked where all is well, at almost every push.
		const party = isWell && trials === NO_TRIALS ? undefined : witness(limits, asking);
		const isBelieved = gate.breaker.note(isHeard ? report : NOTHING, party, trials.ofAll);
		const ofUnproven = isWell || !isProven ? report : NOTHING;
		gate.ofUnproven?.note(ofUnproven, UNKNOWN_PARTY, trials.ofUnproven);
		return isHeard ? isBelieved : gate.ofUnproven !== undefined;
	}

	/** @returns when to ask again, with the reason, at a gate that is shut; otherwise what this push is a trial of */
	function tryShut(
		gate: Gate,
		limits: GateLimits,
		asking: Asking,
	): Extract<Turn, { kind: "later" }> | Trials {
		const [reason, ofUnproven] = [gate.breaker.reason(), gate.ofUnproven?.reason()];
		const at = reason === undefined ? undefined : gate.breaker.waitAt(witness(limits, asking));
		if (at !== undefined) return { kind: "later", reason: reason ?? "", at };
		const isOfUnproven = !asking.isProven && ofUnproven !== undefined;
		const itsAt = isOfUnproven ? gate.ofUnproven?.waitAt(UNKNOWN_PARTY) : undefined;
		if (itsAt !== undefined) return { kind: "later", reason: ofUnproven ?? "", at: itsAt };
		return { ofAll: reason !== undefined, ofUnproven: isOfUnproven };
	}

	return {
		enter(name, limits, asking) {
			const gate = gateOf(name, limits);
			if (!gate) return { kind: "later", reason: "too many servers are pushed to", at: now() + FULL_MS };
			const isOpen = gate.breaker.reason() === undefined && gate.ofUnproven?.reason() === undefined;
			const trials = isOpen ? NO_TRIALS : tryShut(gate, limits, asking);
			if ("kind" in trials) return trials;
			const pool = poolOf(gate, limits);
			const later = wait(gate, limits, pool, asking);
			if (later) return later;
			const { isProven, isRetry } = asking;
			gate.inFlight++;
			if (!isProven) gate.unproven++;
			if (isRetry) gate.retries++;
			if (trials.ofAll) gate.breaker.begin(witness(limits, asking));
			if (trials.ofUnproven) gate.ofUnproven?.begin(UNKNOWN_PARTY);
			if (pool !== undefined) pools.add(pool, asking, 1);
			return {
				kind: "go",
				leave(report) {
					gate.inFlight--;
					if (!isProven) gate.unproven--;
					if (isRetry) gate.retries--;
					if (pool !== undefined) pools.add(pool, asking, -1);
					const isBelieved = hear(gate, limits, report, asking, trials);
					tellOfRoom(name, gate, limits);
					return isBelieved;
				},
			};
		},

		shut: () =>
			[...gates].flatMap(([name, { breaker, ofUnproven }]) => {
				const reason = breaker.reason() ?? ofUnproven?.reason();
				return reason === undefined ? [] : [{ name, reason }];
			}),

		inFlight: () => new Map([...gates].map(([name, gate]) => [name, gate.inFlight])),
	};
}

/** Which of a gate's breakers a push is let through by to see. */
interface Trials {
	ofAll: boolean;
	ofUnproven: boolean;
}

const NO_TRIALS: Trials = { ofAll: false, ofUnproven: false };
const NOTHING: Report = { kind: "nothing" };

/** Whoever says it: a push was delivered, or our account itself was refused. */
const isCertain = (report: Report) =>
	(report.kind === "well" && report.isDelivered === true) ||
	(report.kind === "misconfigured" && report.isOfAccount === true);

/** Who counts as one behind a push whose word counts; where one is enough it does not matter who. */
function witness({ parties }: GateLimits, { device, isProven }: Asking): string | undefined {
	if (!isProven) return undefined;
	return parties === undefined ? UNKNOWN_PARTY : partyOf(device);
}

/** Pushes on their way by pool: all of them, those for devices never delivered to, and those of each party. */
function createPools() {
	const counts = new Map<string, number>();
	const countOf = (name: string) => counts.get(name) ?? 0;
	const change = (name: string, by: number) => {
		const count = countOf(name) + by;
		if (count > 0) counts.set(name, count);
		else counts.delete(name);
	};
	const unproven = (pool: string) => `${pool} unproven`;
	const ofParty = (pool: string, device: Asking["device"]) => `${pool} of ${partyOf(device)}`;
	/** All that registered before it was noted who they are would count as one. */
	const isKnown = (device: Asking["device"]) => partyOf(device) !== UNKNOWN_PARTY;

	return {
		/** Whether another may go. */
		isFull(
			pool: string,
			{ inFlight, onlyUnwell }: NonNullable<GateLimits["pool"]>,
			{ device, isProven }: Pick<Asking, "device" | "isProven">,
		): boolean {
			if (countOf(pool) >= inFlight) return true;
			if (!isProven && countOf(unproven(pool)) >= placesOf(inFlight, false)) return true;
			// A maker's hosts were chosen by nobody whose devices were delivered to there.
			if (isProven && onlyUnwell) return false;
			return isKnown(device) && countOf(ofParty(pool, device)) >= placesOfParty(inFlight);
		},

		/** @param by 1: it goes; -1: it is back */
		add(pool: string, { device, isProven }: Pick<Asking, "device" | "isProven">, by: 1 | -1) {
			change(pool, by);
			if (!isProven) change(unproven(pool), by);
			if (isKnown(device)) change(ofParty(pool, device), by);
		},
	};
}
