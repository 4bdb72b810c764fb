/**
 * One gate (gates.ts): a breaker, which shuts when the other side is unwell (breakers.ts), and a bulkhead, which lets a
 * bounded number of pushes through at a time (bulkhead.ts). A push passes the one and then the other.
 */
import type { Rate } from "../../limits/bounds/bound.ts";
import type { Registration } from "../../types.ts";
import { createBreakers } from "./breakers.ts";
import { createBulkhead } from "./bulkhead.ts";
import type { Shut } from "./circuit-breaker.ts";
import type { Pools } from "./pools.ts";
import type { Fault, Report } from "./report.ts";

/** May a push go out? */
export type Passage = Go | Later;

/** Yes; say what became of it. @returns whether what it says is believed of others too */
interface Go {
	kind: "go";
	leave(report: Report): boolean;
}

/** No, and when to ask again, ms since the epoch. */
export interface Later {
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
	ask(asking: Asking): Passage;
	/** Why it is shut; undefined: it is open. */
	reason(): string | undefined;
	/** The same, and since and until when. */
	shut(): Shut | undefined;
	/** How many pushes are on their way. */
	inFlight(): number;
	/** Nothing is lost with it but how the other side answered. */
	mayBeForgotten(): boolean;
}

/** Whose pushes a shut gate holds back: everybody's, or those for devices that no push was delivered to yet. */
export type ShutFor = "all" | "unproven";

/** What a gate tells, and goes by. */
export interface GateEffects {
	now(): number;
	random(): number;
	pools: Pools;
	onShut(report: Fault, shutFor: ShutFor): void;
	onOpen(): void;
	/** It turned pushes away for want of room, and has some again. */
	onRoom(): void;
}

export function createGate(limits: GateLimits, effects: GateEffects): Gate {
	const breakers = createBreakers(limits, effects);
	const bulkhead = createBulkhead(limits, effects);

	return {
		ask(asking) {
			const trials = breakers.ask(asking);
			if ("kind" in trials) return trials;
			const pool = bulkhead.poolNow();
			const later = bulkhead.enter(pool, asking);
			if (later) return later;
			breakers.begin(asking, trials);
			return {
				kind: "go",
				leave(report) {
					bulkhead.leave(pool, asking);
					bulkhead.hear(report, asking);
					if (report.kind === "well" && breakers.isHeard(report, asking)) bulkhead.works();
					const isBelieved = breakers.note(report, asking, trials);
					bulkhead.tellOfRoom();
					return isBelieved;
				},
			};
		},

		reason: breakers.reason,
		shut: breakers.shut,
		inFlight: bulkhead.inFlight,
		mayBeForgotten: bulkhead.isUnused,
	};
}
