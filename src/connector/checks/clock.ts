/**
 * Is this machine's clock right? Its own server and the push services that somebody answers for say what time it is:
 * tokens and signatures that are made in another time are refused, and certificates seem to have ended.
 */

import type { Logger } from "@logtape/logtape";
import { answerBounds } from "../../limits/bounds/answers.ts";
import { about } from "../../messages/about.ts";
import type { Fetch } from "../../services/exchange.ts";

/** A difference that is told, ms. RFC 8292, Apple and Google take some minutes to an hour; XMPP does not care. */
const TOLD_MS = 120_000;
/** Between two looks at an answer, ms, … */
const PAUSE_MS = 60_000;
/** … and after one at an answer of somebody who does not count. */
const SHORT_PAUSE_MS = 1_000;

export interface ClockWatch {
	/**
	 * Somebody who is trusted said what time it is.
	 * @param source who, as it is shown
	 * @param date ms since the epoch
	 */
	said(source: string, date: number): void;
	/**
	 * The same `fetch`, whose answers are looked at now and then.
	 * @param counts whether somebody answers for the URL: what a stranger named says nothing
	 */
	watching(fetch: Fetch, counts?: (url: URL) => boolean): Fetch;
	/** A sentence for each clock that differs. */
	off(): string[];
}

export function createClockWatch({
	log,
	now = Date.now,
	steady = () => performance.now(),
}: {
	log: Pick<Logger, "info" | "warn">;
	now?: () => number;
	/** A clock that only goes forward, ms. */
	steady?: () => number;
}): ClockWatch {
	/** By source, how far ahead of this machine it is, ms: those that are told. */
	const ahead = new Map<string, number>();

	const sentence = (source: string, ms: number) =>
		`${source} says that it is ${Math.round(Math.abs(ms) / 60_000)} minutes ${ms > 0 ? "later" : "earlier"} than this machine's clock. If that clock is wrong, set it (chrony or systemd-timesyncd keep it right): push services refuse what is signed in another time.`;

	function said(source: string, date: number) {
		if (Number.isNaN(date)) return;
		const before = ahead.get(source);
		const difference = date - now();
		if (Math.abs(difference) <= TOLD_MS) {
			if (!ahead.delete(source)) return;
			log.info("{source} and this machine's clock agree again.", { source });
			return;
		}
		if (before !== undefined && Math.abs(difference - before) <= TOLD_MS) return;
		if (before === undefined && ahead.size >= answerBounds.clocks.is) return;
		ahead.set(source, difference);
		log.warn("{sentence}", about("clock-differs", { sentence: sentence(source, difference) }));
	}

	return {
		said,
		off: () => [...ahead].map(([source, difference]) => sentence(source, difference)),

		watching(fetch, counts = () => true) {
			let due = 0;

			function look(text: string, answer: Promise<Response>) {
				const url = new URL(text);
				const isCounted = counts(url);
				due = steady() + (isCounted ? PAUSE_MS : SHORT_PAUSE_MS);
				if (!isCounted) return;
				answer.then(
					({ headers }) => said(url.hostname, Date.parse(headers.get("Date") ?? "")),
					() => {},
				);
			}

			return (url, init) => {
				const answer = fetch(url, init);
				if (steady() >= due) look(url, answer);
				return answer;
			};
		},
	};
}
