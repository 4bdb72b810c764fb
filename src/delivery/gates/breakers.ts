/**
 * A gate's two breakers: one for everybody, and, where an app's own provider is asked, one for devices that were never
 * delivered to, by what they say.
 */
import { type Breaker, createBreaker, type Shut } from "./circuit-breaker.ts";
import type { Asking, GateEffects, GateLimits, Later, ShutFor } from "./gate.ts";
import { partyOf, UNKNOWN_PARTY } from "./party.ts";
import type { Report } from "./report.ts";

/** Which of a gate's breakers a push is let through by to see whether it works again. */
export interface Trials {
	ofAll: boolean;
	ofUnproven: boolean;
}

const NO_TRIALS: Trials = { ofAll: false, ofUnproven: false };
const NOTHING: Report = { kind: "nothing" };

export interface Breakers {
	/** Why one of them is shut; undefined: both are open. */
	reason(): string | undefined;
	/** The same, and since and until when. */
	shut(): Shut | undefined;
	/** @returns when to ask again, with the reason; otherwise what the push is a trial of */
	ask(asking: Asking): Later | Trials;
	/** It goes. */
	begin(asking: Asking, trials: Trials): void;
	/** Whether what a push says counts for everybody. */
	isHeard(report: Report, asking: Asking): boolean;
	/**
	 * Notes what a push says.
	 * @returns whether it is believed of others too
	 */
	note(report: Report, asking: Asking, trials: Trials): boolean;
}

export function createBreakers(
	{ parties }: GateLimits,
	{ now, random, onShut, onOpen }: Omit<GateEffects, "pools" | "onRoom">,
): Breakers {
	const breaker = (needed: number, shutFor: ShutFor): Breaker =>
		createBreaker(needed, { now, random, onOpen, onShut: (report) => onShut(report, shutFor) });
	const ofAll = breaker(parties ?? 1, "all");
	const ofUnproven = parties === undefined ? breaker(1, "unproven") : undefined;

	/** Who counts as one behind a push whose word counts; where one is enough it does not matter who. */
	function witness({ device, isProven }: Asking): string | undefined {
		if (!isProven) return undefined;
		return parties === undefined ? UNKNOWN_PARTY : partyOf(device);
	}

	const isHeard = (report: Report, { isProven }: Asking) =>
		isProven || (report.kind === "well" && ofUnproven !== undefined) || isCertain(report);

	return {
		isHeard,

		reason: () => ofAll.reason() ?? ofUnproven?.reason(),
		shut: () => ofAll.shut() ?? ofUnproven?.shut(),

		ask(asking) {
			const [reason, itsReason] = [ofAll.reason(), asking.isProven ? undefined : ofUnproven?.reason()];
			if (reason === undefined && itsReason === undefined) return NO_TRIALS;
			const at = reason === undefined ? undefined : ofAll.waitAt(witness(asking));
			if (at !== undefined) return { kind: "later", reason: reason ?? "", at };
			const itsAt = itsReason === undefined ? undefined : ofUnproven?.waitAt(UNKNOWN_PARTY);
			if (itsAt !== undefined) return { kind: "later", reason: itsReason ?? "", at: itsAt };
			return { ofAll: reason !== undefined, ofUnproven: itsReason !== undefined };
		},

		begin(asking, trials) {
			if (trials.ofAll) ofAll.begin(witness(asking));
			if (trials.ofUnproven) ofUnproven?.begin(UNKNOWN_PARTY);
		},

		note(report, asking, trials) {
			const isGood = report.kind === "well";
			const isForAll = isHeard(report, asking);
			// Who it was is not asked where all is well, at almost every push.
			const party = isGood && trials === NO_TRIALS ? undefined : witness(asking);
			const isBelieved = ofAll.note(isForAll ? report : NOTHING, party, sortOf(trials.ofAll));
			const its = isGood || !asking.isProven ? report : NOTHING;
			ofUnproven?.note(its, UNKNOWN_PARTY, sortOf(trials.ofUnproven));
			return isForAll ? isBelieved : ofUnproven !== undefined;
		},
	};
}

const sortOf = (isTrial: boolean) => (isTrial ? "trial" : "push");

/** Whoever says it: a push was delivered, or our account itself was refused. */
const isCertain = (report: Report) =>
	(report.kind === "well" && report.isDelivered === true) ||
	(report.kind === "misconfigured" && report.isOfAccount === true);
