/**
 * A breaker: lets nobody through to what does not work, and one now and then to see whether it works again. Its words
 * are those of a gate: `shut` is what others call an open circuit, and `open` a closed one.
 *
 * How many have to say that it does not is the caller's to decide: where clients choose what is asked, one party can
 * make any number of faults, and they must be nobody else's.
 */

import { createBreakerBackoff } from "./breaker-backoff.ts";
import { createTrials } from "./breaker-trials.ts";
import { createWitnesses } from "./breaker-witnesses.ts";
import type { Fault, Report } from "./report.ts";

export interface Breaker {
	/** Why it is shut; undefined: it is open. */
	reason(): string | undefined;
	/** The same, and since and until when. */
	shut(): Shut | undefined;
	/**
	 * Asks where it is shut.
	 * @param party who counts as one behind the push; undefined: its faults count for nothing
	 * @returns when to ask again, ms since the epoch; undefined: it may go, to see
	 */
	waitAt(party: string | undefined): number | undefined;
	/** One goes, to see whether it works: until what it says is noted, no other of its sort does. */
	begin(party: string | undefined): void;
	/**
	 * Notes what a push says.
	 * @returns whether that is believed: of others too, not of this one alone
	 */
	note(report: Report, party: string | undefined, sort: Sort): boolean;
}

/** Times are ms since the epoch. */
export interface Shut {
	reason: string;
	since: number;
	/** When a push is tried; missing: the next one is. */
	until?: number;
	/** Our credentials do not work: each try comes to the same until somebody mends them. */
	isOurs?: true;
}

/** How a push went through: as a trial of what was shut, or as any other. */
export type Sort = "trial" | "push";

export interface BreakerEffects {
	now(): number;
	random(): number;
	/** It shut, or was found shut for another reason. */
	onShut(report: Fault): void;
	onOpen(): void;
}

/** So many faults in a row, without a good answer between them, shut it. */
const FAULTS = 5;
/** How long after wrong credentials, ms: a person has to mend them. */
const MISCONFIGURED_MS = 60_000;

/**
 * @param parties how many different ones must have had faults
 */
export function createBreaker(parties: number, { now, random, onShut, onOpen }: BreakerEffects): Breaker {
	/** Missing: it is open. */
	let reason: string | undefined;
	let shutAt = 0;
	let isOurs = false;
	let faults = 0;
	const backoff = createBreakerBackoff(now, random);
	const trials = createTrials(now);
	/** Who had faults since the last good answer, or since it shut, and until when each wants to be left alone. */
	const unwell = createWitnesses(parties);
	/** Who was told that our credentials do not work. */
	const misconfigured = createWitnesses(parties);

	function forget() {
		unwell.forget();
		misconfigured.forget();
		trials.forget();
	}

	function shut(report: Fault) {
		forget();
		if (reason === undefined) shutAt = now();
		if (reason !== report.reason) onShut(report);
		reason = report.reason;
		isOurs = report.kind === "misconfigured";
	}

	function open() {
		// As after almost every push.
		if (faults === 0 && reason === undefined) return;
		faults = 0;
		forget();
		if (reason === undefined) return;
		reason = undefined;
		backoff.end();
		onOpen();
	}

	function noteUnwell(report: Extract<Fault, { kind: "unwell" }>, party: string, sort: Sort): boolean {
		const at = now();
		const { afterMs = 0 } = report;
		faults++;
		unwell.note(party, { at, until: at + afterMs });
		if (!unwell.areEnough()) {
			if (sort === "trial") trials.leaveToOthers(party, Math.max(backoff.nextMs(), afterMs));
			return false;
		}
		// It may have said for how long: coming earlier is what it asked us not to do.
		const askedUntil = unwell.until();
		const isFirst = reason === undefined && (faults >= FAULTS || askedUntil > at);
		if (sort === "trial" || isFirst) {
			backoff.beginLonger(askedUntil);
			shut(report);
		} else if (reason !== undefined) {
			// On its way when it shut: it tells nothing new but a later time.
			backoff.prolong(askedUntil);
		}
		return true;
	}

	function noteMisconfigured(
		report: Extract<Fault, { kind: "misconfigured" }>,
		party: string | undefined,
		sort: Sort,
	) {
		if (!report.isOfAccount && !isAgreed(party, sort)) return false;
		backoff.begin(MISCONFIGURED_MS, now());
		shut(report);
		return true;
	}

	/** @returns whether so many say by now that our credentials do not work */
	function isAgreed(party: string | undefined, sort: Sort): boolean {
		if (party === undefined) return false;
		faults++;
		misconfigured.note(party, { at: now(), until: now() });
		const areEnough = misconfigured.areEnough();
		if (!areEnough && sort === "trial") trials.leaveToOthers(party, MISCONFIGURED_MS);
		return areEnough;
	}

	return {
		reason: () => reason,
		shut() {
			if (reason === undefined) return undefined;
			const until = backoff.waitAt();
			return {
				reason,
				since: shutAt,
				...(until !== undefined && { until }),
				...(isOurs && { isOurs: true as const }),
			};
		},
		waitAt: (party) => backoff.waitAt() ?? trials.waitAt(party),
		begin: trials.begin,

		note(report, party, sort) {
			if (sort === "trial") trials.end(party);
			switch (report.kind) {
				case "nothing":
					// As before: not even whether it answers is known.
					return true;
				case "well":
					open();
					return true;
				case "misconfigured":
					return noteMisconfigured(report, party, sort);
				case "unwell":
					return party !== undefined && noteUnwell(report, party, sort);
			}
		},
	};
}
