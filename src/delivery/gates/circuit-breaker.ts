/**
 * A breaker: lets nobody through to what does not work, and one now and then to see whether it works again.
 *
 * How many have to say that it does not is the caller's to decide: where clients choose what is asked, one party can
 * make any number of faults, and they must be nobody else's.
 */
import type { Fault, Report } from "./report.ts";

export interface Breaker {
	/** Why it is shut; undefined: it is open. */
	reason(): string | undefined;
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
	 * @param isTrial it began as a trial
	 * @returns whether that is believed: of others too, not of this one alone
	 */
	note(report: Report, party: string | undefined, isTrial: boolean): boolean;
}

export interface BreakerEffects {
	now(): number;
	random(): number;
	/** It shut, or was found shut for another reason. */
	onShut(report: Fault): void;
	onOpen(): void;
}

/** So many faults in a row, without a good answer between them, shut it. */
const FAULTS = 5;
/** How long it stays shut at first, ms; each failed try doubles it. */
const SHUT_FIRST_MS = 2_000;
const SHUT_LONGEST_MS = 120_000;
/** How long after wrong credentials, ms: a person has to mend them. */
const MISCONFIGURED_MS = 60_000;
/** The soonest that anybody is told to ask again, ms. */
const AGAIN_MS = 1_000;

/**
 * @param parties how many different ones must have had faults
 */
export function createBreaker(parties: number, { now, random, onShut, onOpen }: BreakerEffects): Breaker {
	let reason: string | undefined;
	let faults = 0;
	/** Shut from then until then; tried after. */
	let shut: Time = { at: 0, until: 0 };
	let shutMs = SHUT_FIRST_MS;
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

	/** @param ms for about how long: everything that waits must not come back in the same moment */
	function shutFor(ms: number, report: Fault, askedUntil: number) {
		const at = now();
		shut = { at, until: Math.max(at + Math.ceil(ms * (0.75 + random() / 2)), askedUntil) };
		forget();
		if (reason !== report.reason) onShut(report);
		reason = report.reason;
	}

	function open() {
		// As after almost every push.
		if (faults === 0 && reason === undefined) return;
		faults = 0;
		forget();
		if (reason === undefined) return;
		reason = undefined;
		shut.until = 0;
		shutMs = SHUT_FIRST_MS;
		onOpen();
	}

	function noteUnwell(report: Extract<Fault, { kind: "unwell" }>, party: string, isTrial: boolean): boolean {
		const at = now();
		const { afterMs = 0 } = report;
		faults++;
		unwell.note(party, { at, until: at + afterMs });
		if (!unwell.areEnough()) {
			if (isTrial) trials.wait(party, Math.max(shutMs, afterMs));
			return false;
		}
		// It may have said for how long: coming earlier is what it asked us not to do.
		const askedUntil = unwell.until();
		if (isTrial) {
			shutFor(shutMs, report, askedUntil);
			shutMs = Math.min(shutMs * 2, SHUT_LONGEST_MS);
		} else if (reason !== undefined) {
			// On its way when it shut: it tells nothing new but a later time.
			shut.until = Math.max(shut.until, askedUntil);
		} else if (faults >= FAULTS || askedUntil > at) {
			shutFor(shutMs, report, askedUntil);
			shutMs = SHUT_FIRST_MS * 2;
		}
		return true;
	}

	/** @returns whether so many say it by now */
	function isAgreed(party: string | undefined, isTrial: boolean): boolean {
		if (party === undefined) return false;
		faults++;
		misconfigured.note(party, { at: now(), until: now() });
		const areEnough = misconfigured.areEnough();
		if (!areEnough && isTrial) trials.wait(party, MISCONFIGURED_MS);
		return areEnough;
	}

	return {
		reason: () => reason,

		waitAt: (party) =>
			isWithin(shut, now()) ? Math.max(shut.until, now() + AGAIN_MS) : trials.waitAt(party),

		begin: trials.begin,

		note(report, party, isTrial) {
			if (isTrial) trials.end(party);
			switch (report.kind) {
				case "nothing":
					// As before: not even whether it answers is known.
					return true;
				case "well":
					open();
					return true;
				case "misconfigured":
					if (!report.isOfAccount && !isAgreed(party, isTrial)) return false;
					shutFor(MISCONFIGURED_MS, report, now());
					return true;
				case "unwell":
					return party !== undefined && noteUnwell(report, party, isTrial);
			}
		},
	};
}

/** Who tries whether it works again: one whose faults count, and beside it one whose do not. */
function createTrials(now: () => number) {
	const isTried = { byWitness: false, byOther: false };
	/** Whose trial failed while others' may go well: the next is another one's, for a while. */
	const failed = new Map<string, Time>();
	const sortOf = (party: string | undefined) => (party === undefined ? "byOther" : "byWitness");

	return {
		begin(party: string | undefined) {
			isTried[sortOf(party)] = true;
		},

		end(party: string | undefined) {
			isTried[sortOf(party)] = false;
		},

		/** A party whose trial failed leaves the next to others. */
		wait(party: string, ms: number) {
			failed.set(party, { at: now(), until: now() + ms });
		},

		/** When to ask again; undefined: it may begin. */
		waitAt(party: string | undefined): number | undefined {
			const at = now();
			if (isTried[sortOf(party)]) return at + AGAIN_MS;
			const own = party === undefined ? undefined : failed.get(party);
			return own && isWithin(own, at) ? Math.max(own.until, at + AGAIN_MS) : undefined;
		},

		/** It is shut anew, or open. */
		forget: () => failed.clear(),
	};
}

/** From when until when, ms since the epoch. */
interface Time {
	at: number;
	until: number;
}

/** A clock that was set back before it began ends it. */
const isWithin = ({ at, until }: Time, now: number) => now >= at && now < until;

/** Different parties that said the same, as many as it takes: of more than that, those with the latest times. */
function createWitnesses(needed: number) {
	const said = new Map<string, Time>();

	return {
		note(party: string, time: Time) {
			// From before the clock was set back: it would speak of the time that comes again.
			for (const [name, { at }] of said) if (at > time.at) said.delete(name);
			const known = said.get(party);
			if (known || said.size < needed) {
				said.set(party, { at: time.at, until: Math.max(time.until, known?.until ?? time.until) });
				return;
			}
			const [earliest, its] = [...said].reduce((one, other) => (other[1].until < one[1].until ? other : one));
			if (its.until >= time.until) return;
			said.delete(earliest);
			said.set(party, time);
		},

		areEnough: () => said.size >= needed,

		/** The time that all of them ask for. */
		until: () => Math.min(...[...said.values()].map(({ until }) => until)),

		forget: () => said.clear(),
	};
}
