/**
 * Whether a Reveille of another database is connected as the same component. A server that shares a domain's stanzas
 * between its connections (ejabberd) then gives it part of our publishes, and us part of its: each would say of the
 * other's registrations that they are unknown, and ejabberd forgets the users whose publishes are answered so.
 *
 * The pings that a component sends to itself carry a value (xmpp/same-database.ts). The server gives them to any
 * connection of the domain, so that each hears of the others after a few. While one of another database is about,
 * publishes for unknown registrations are answered with `wait`, which costs nobody anything.
 */

import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";

/** All in ms. */
const TIMING = {
	/** Between two pings while it is not known whether there are others: after the start, and when one was heard, … */
	often: 150,
	/** … while one is about, … */
	about: 2_000,
	/** … and while we are alone. */
	alone: 10_000,
};

/**
 * So many pings are sent in a row after the start. Of two connections each takes half of them: that none of twelve
 * finds the other happens once in four thousand starts, and a later one does.
 */
const PINGS_AT_START = 12;

/** Without a word from it for so many pings (a minute) the other one is gone. A process that sleeps counts none. */
const PINGS_UNTIL_GONE = 30;

/**
 * The same after the server refused us, or gave our place to another connection: that one exists, what it serves is
 * not known, and it is not heard where only one at a time is let in (Prosody). An hour of pings while alone.
 */
const PINGS_AFTER_REFUSAL = 360;

export interface Others {
	/** What our pings carry. */
	readonly value: string;
	/** A ping of our own domain's came, with this value. */
	heard(value: string): void;
	/** The server has another connection of our domain, and did not want ours beside it. */
	refused(): void;
	/**
	 * The stream is open: keeps asking.
	 * @param ping sends one to ourselves
	 * @returns what ends it
	 */
	ask(ping: () => void): () => void;
	/** Why nothing can be said of unknown registrations; undefined: they are unknown. */
	doubt(): string | undefined;
	/** What is wrong, for who asks whether we are ready; undefined: nothing. */
	fault(): string | undefined;
}

export interface OthersOptions {
	address: string;
	/** By `sameValue`: which database we serve. */
	value: string;
	log: Logger;
	timing?: Partial<typeof TIMING>;
}

export function createOthers({ address, value, log, ...options }: OthersOptions): Others {
	const timing = { ...TIMING, ...options.timing };
	/** Pings until it is known whether there are others; until the other one is gone; until a refusal is forgotten. */
	let untilKnown = PINGS_AT_START;
	let untilGone = 0;
	let untilForgotten = 0;
	let hasBegun = false;
	let wake: (() => void) | undefined;

	function pinged() {
		if (untilKnown > 0) return void untilKnown--;
		if (untilForgotten > 0) untilForgotten--;
		if (untilGone === 0) return;
		untilGone--;
		if (untilGone > 0) return;
		log.info(
			"{address}: the Reveille of another database has not been heard for a minute. Unknown registrations are called unknown again.",
			{ address },
		);
	}

	function pause(): number {
		if (untilKnown > 0) return timing.often;
		return untilGone > 0 ? timing.about : timing.alone;
	}

	return {
		value,

		heard(theirs) {
			if (theirs === value) return;
			const isNews = untilGone === 0;
			untilGone = PINGS_UNTIL_GONE;
			if (!isNews) return;
			log.error(
				"{address}: another Reveille, which has another database, is connected as the same component. The server gives it part of the publishes. While it is there, those for registrations that are unknown here are answered with wait, so that no user loses one. End the other one, or give it a domain of its own.",
				about("component-foreign", { address }),
			);
			// It is to hear of us too.
			untilKnown = PINGS_AT_START;
			wake?.();
		},

		refused() {
			untilForgotten = PINGS_AFTER_REFUSAL;
		},

		ask(ping) {
			hasBegun = true;
			untilKnown = PINGS_AT_START;
			let timer: ReturnType<typeof setTimeout>;
			const again = () => {
				clearTimeout(timer);
				ping();
				pinged();
				timer = setTimeout(again, pause());
			};
			wake = () => {
				clearTimeout(timer);
				timer = setTimeout(again, timing.often);
			};
			again();
			return () => {
				clearTimeout(timer);
				wake = undefined;
			};
		},

		doubt() {
			if (untilKnown > 0 || untilGone > 0 || untilForgotten > 0) {
				return "another Reveille may have this registration";
			}
			return undefined;
		},

		fault() {
			if (untilGone > 0) {
				return `Another Reveille, with another database, is connected as ${address} too: end it, or give it a domain of its own.`;
			}
			return hasBegun && untilKnown > 0 ? LOOKING : undefined;
		},
	};
}

const LOOKING = "Just connected: it looks for a moment whether another Reveille has the same address.";
