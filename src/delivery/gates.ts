/**
 * The gates: one sick provider, app, origin or device slows no other (invariant 5).
 *
 * A gate stands before each app, and for tokens that are URLs before each origin. It lets a bounded number of pushes
 * through at a time, shuts when the other side is unwell, lets one through now and then to see, and opens again
 * by itself. What it turns away waits in the outbox.
 */
import type { Fault, Report } from "./report.ts";

/** May a push go out? */
export type Turn =
	/** Yes; say what became of it. */
	| { kind: "go"; leave(report: Report): void }
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
	rate?: { perSecond: number; burst: number };
	/**
	 * Pushes on their way at once through all gates of this pool together. Those that answered well last, and the
	 * others, have so many each: who hangs takes no place from who works. `onlyUnwell`: the former are not counted.
	 */
	pool?: { name: string; inFlight: number; onlyUnwell?: true };
}

export interface Gates {
	/**
	 * Asks at the gate of this name, which is made when it is first asked.
	 * @param isRetry it comes from the outbox, whose places all gates share: few of one gate's at once
	 */
	enter(name: string, limits: GateLimits, isRetry?: boolean): Turn;
	/** The gates that are shut, with the reason. */
	shut(): { name: string; reason: string }[];
	/** How many pushes are on their way, by gate. */
	inFlight(): ReadonlyMap<string, number>;
}

/** So many faults in a row, without a good answer between them, shut a gate. */
const FAULTS = 5;
/** How long a gate stays shut at first, ms; each failed try doubles it. */
const SHUT_FIRST_MS = 2_000;
const SHUT_LONGEST_MS = 120_000;
/** How long after wrong credentials, ms: a person has to mend them. */
const MISCONFIGURED_MS = 60_000;
/** When to ask again at a gate that is full, ms: as long as it has not answered well, between these. */
const FULL_MS = 1_000;
const FULL_LONGEST_MS = 30_000;
/** A gate that was full has room again when no more than this part of its places is taken: one would be gone at once. */
const ROOM = 3 / 4;
/** Retries of one gate on their way at once: a provider that is slow leaves the outbox's other places to others. */
export const RETRIES = 16;
/** How many gates are remembered: clients choose the origins. */
const KEPT = 5_000;
/** A gate that nobody asked at for so long is forgotten, whatever it knew, ms. */
const IDLE_MS = 3_600_000;

interface Gate {
	inFlight: number;
	faults: number;
	/** Shut from then… */
	shutAt: number;
	/** … until then; tried by one push after. */
	shutUntil: number;
	shutMs: number;
	reason: string | undefined;
	isTried: boolean;
	/** Somebody was turned away for want of room, and was not told of any since. */
	isAwaited: boolean;
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
	/** A gate shut, or was found shut for another reason. */
	onShut?(name: string, report: Fault): void;
	onOpen?(name: string): void;
	/** A gate that turned pushes away for want of room has some again. */
	onRoom?(name: string): void;
} = {}): Gates {
	// Ordered by use, since a gate moves to the end when it is asked at.
	const gates = new Map<string, Gate>();
	/** Pushes on their way, by pool. */
	const pools = new Map<string, number>();

	/** @returns undefined: so many are in use that no other can be made */
	function gateOf(name: string, { rate }: GateLimits): Gate | undefined {
		const gate = gates.get(name) ?? make(rate);
		if (!gate) return undefined;
		gates.delete(name);
		gates.set(name, gate);
		gate.usedAt = now();
		return gate;
	}

	function make(rate: GateLimits["rate"]): Gate | undefined {
		forget();
		if (gates.size >= KEPT) return undefined;
		return {
			...{
				inFlight: 0,
				faults: 0,
				shutAt: 0,
				shutUntil: 0,
				shutMs: SHUT_FIRST_MS,
				reason: undefined,
				isTried: false,
				isAwaited: false,
			},
			...{ isWell: false, wellAt: now(), retries: 0, rate, tokens: rate?.burst ?? 0, filledAt: now() },
			usedAt: now(),
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

	/** @returns when to ask again; undefined: a token was taken */
	function takeToken(gate: Gate, { perSecond, burst }: NonNullable<GateLimits["rate"]>): number | undefined {
		if (fill(gate) < 1) {
			// Not for one token at a time, but for as many as may come from the outbox at once.
			return Math.ceil(now() + ((Math.min(RETRIES, burst) - gate.tokens) / perSecond) * 1000);
		}
		gate.tokens--;
		return undefined;
	}

	function full({ wellAt }: Gate, what: "pushes" | "retries"): Turn {
		const at = now() + Math.min(Math.max(now() - wellAt, FULL_MS), FULL_LONGEST_MS);
		return { kind: "later", reason: `too many ${what} are on their way`, at, isFull: true };
	}

	/** @param ms for about how long: everything that waits must not come back in the same moment */
	function shut(name: string, gate: Gate, report: Fault, ms: number) {
		const wasOpen = gate.reason === undefined;
		// It may have said for how long: coming earlier is what it asked us not to do.
		const afterMs = report.kind === "unwell" ? (report.afterMs ?? 0) : 0;
		gate.shutAt = now();
		gate.shutUntil = gate.shutAt + Math.max(Math.ceil(ms * (0.75 + random() / 2)), afterMs);
		if (wasOpen || gate.reason !== report.reason) onShut(name, report);
		gate.reason = report.reason;
	}

	function leave(name: string, gate: Gate, isTrial: boolean, report: Report) {
		gate.inFlight--;
		if (isTrial) gate.isTried = false;
		// As before: not even whether it answers is known.
		if (report.kind === "nothing") return;
		gate.isWell = report.kind === "well";
		switch (report.kind) {
			case "well": {
				gate.faults = 0;
				gate.wellAt = now();
				if (gate.reason === undefined) return;
				gate.reason = undefined;
				gate.shutUntil = 0;
				gate.shutMs = SHUT_FIRST_MS;
				return onOpen(name);
			}
			case "misconfigured":
				return shut(name, gate, report, MISCONFIGURED_MS);
			case "unwell":
				gate.faults++;
				return fault(name, gate, isTrial, report);
		}
	}

	function fault(name: string, gate: Gate, isTrial: boolean, report: Extract<Fault, { kind: "unwell" }>) {
		const { afterMs = 0 } = report;
		if (isTrial) {
			shut(name, gate, report, gate.shutMs);
			gate.shutMs = Math.min(gate.shutMs * 2, SHUT_LONGEST_MS);
		} else if (gate.reason !== undefined) {
			// On its way when the gate shut: it tells nothing new but a later time.
			gate.shutUntil = Math.max(gate.shutUntil, now() + afterMs);
		} else if (afterMs > 0 || gate.faults >= FAULTS) {
			shut(name, gate, report, gate.shutMs);
			gate.shutMs = SHUT_FIRST_MS * 2;
		}
	}

	return {
		enter(name, limits, isRetry = false) {
			const gate = gateOf(name, limits);
			if (!gate) return { kind: "later", reason: "too many servers are pushed to", at: now() + FULL_MS };
			const isTrial = gate.reason !== undefined;
			const isShut = isTrial && isWithin(gate, now());
			if (isShut || (isTrial && gate.isTried)) {
				const at = Math.max(isShut ? gate.shutUntil : now(), now() + FULL_MS);
				return { kind: "later", reason: gate.reason ?? "", at };
			}
			const isCounted = limits.pool && !(limits.pool.onlyUnwell && gate.isWell);
			const pool = isCounted ? `${limits.pool?.name} ${gate.isWell}` : undefined;
			const others = pool === undefined ? 0 : (pools.get(pool) ?? 0);
			const isPoolFull = others >= (limits.pool?.inFlight ?? Number.POSITIVE_INFINITY);
			if (gate.inFlight >= limits.inFlight || isPoolFull) {
				gate.isAwaited = true;
				return full(gate, "pushes");
			}
			if (isRetry && gate.retries >= RETRIES) return full(gate, "retries");
			const tokenAt = limits.rate && takeToken(gate, limits.rate);
			if (tokenAt !== undefined) return { kind: "later", reason: "too many pushes a second", at: tokenAt };
			gate.inFlight++;
			if (isRetry) gate.retries++;
			gate.isTried = isTrial;
			if (pool !== undefined) pools.set(pool, others + 1);
			return {
				kind: "go",
				leave(report) {
					if (isRetry) gate.retries--;
					if (pool !== undefined) pools.set(pool, (pools.get(pool) ?? 0) - 1);
					leave(name, gate, isTrial, report);
					if (!gate.isAwaited || !gate.isWell || gate.inFlight > limits.inFlight * ROOM) return;
					gate.isAwaited = false;
					onRoom(name);
				},
			};
		},

		shut: () => [...gates].flatMap(([name, { reason }]) => (reason === undefined ? [] : [{ name, reason }])),

		inFlight: () => new Map([...gates].map(([name, gate]) => [name, gate.inFlight])),
	};
}

/** Within the time for which it is shut. A clock that was set back before it began ends that. */
const isWithin = ({ shutAt, shutUntil }: Gate, at: number) => at >= shutAt && at < shutUntil;
