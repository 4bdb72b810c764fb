/**
 * The language of the rows of answers: what a push service says, the outcome that it must be, and what comes of it.
 * Each service has one table, `answer-rows.ts` in its folder, for its unit tests, the tests of delivery and those of
 * whole servers.
 */
import type { Outcome } from "../../src/types.ts";

export const MINUTE = 60_000;
/** The first wait of the backoff, with the longest jitter. */
export const BACKOFF = 5_000;

/** What comes of an answer. */
export interface Consequence {
	outcome: Outcome["kind"];
	registration: "kept" | "removed";
	/** `none`: nothing waits. Otherwise in how many ms the push is due. */
	outbox: "none" | number;
	/** What the user's server is told: an empty result, or an error's type and condition. */
	stanza: "result" | "cancel item-not-found" | "wait internal-server-error";
	/** Of the app, or of the origin that the client's URL leads to. */
	gate: "open" | "shut";
}

export const DELIVERED: Consequence = {
	outcome: "delivered",
	registration: "kept",
	outbox: "none",
	stanza: "result",
	gate: "open",
};
export const GONE: Consequence = {
	outcome: "gone",
	registration: "removed",
	outbox: "none",
	stanza: "cancel item-not-found",
	gate: "open",
};
/** Not `cancel`: ejabberd would delete the user's registration for it. */
export const REJECTED: Consequence = {
	outcome: "rejected",
	registration: "kept",
	outbox: "none",
	stanza: "wait internal-server-error",
	gate: "open",
};
export const MISCONFIGURED: Consequence = {
	outcome: "misconfigured",
	registration: "kept",
	outbox: MINUTE,
	stanza: "result",
	gate: "shut",
};
/** That it is the whole server's, or our account, shows when devices of several owners say so. */
export const MISCONFIGURED_FOR_ONE: Consequence = { ...MISCONFIGURED, gate: "open" };
/** @param ms until it is due */
export const retried = (ms = BACKOFF): Consequence => ({
	outcome: "retry",
	registration: "kept",
	outbox: ms,
	stanza: "result",
	gate: "open",
});
/** The provider said for how long it wants to be left alone, all of it. */
export const leftAlone = (ms: number): Consequence => ({ ...retried(ms), gate: "shut" });

/** A row: what the provider says, in turn (the last again), and what comes of it. */
export interface Row<Answer> {
	says: string;
	answers: readonly [AnswerAt<Answer>, ...AnswerAt<Answer>[]];
	/** What comes of it; the outcome's kind too. */
	means: Consequence;
	/** Of the outcome, as are the next three. */
	reason?: string;
	about?: "token";
	afterMs?: number;
	id?: string;
	/** How many requests the provider gets for this one publish. Default: 1. */
	requests?: number;
	/** What the outbox notes, if not the outcome's own reason. */
	noted?: string;
	/** How long after the push that was delivered; ms. */
	laterMs?: number;
	/** It is said of a call. Default: of a message. */
	isCall?: true;
}

/** Some answers say when. @param now ms since the epoch */
type AnswerAt<Answer> = Answer | ((now: number) => Answer);

/** The answers of a row, in turn, when they are given at this time: ms since the epoch. */
export function saidAt<Answer>([first, ...more]: Row<Answer>["answers"], now: number): [Answer, ...Answer[]] {
	const at = (one: AnswerAt<Answer>) =>
		typeof one === "function" ? (one as (now: number) => Answer)(now) : one;
	return [at(first), ...more.map(at)];
}

/** What a provider says over HTTP/1.1. */
export interface Said {
	status: number;
	headers?: Record<string, string>;
	body?: string;
}

/** It says so, and when to come again: in so many seconds, or a date. */
export const after = (answer: Said, retryAfter: number | string): Said => ({
	...answer,
	headers: { ...answer.headers, "retry-after": String(retryAfter) },
});

/** A row of one answer that is not taken. */
export const row = (says: string, answer: Said, means: Consequence, reason: string): Row<Said> => ({
	says,
	answers: [answer],
	means,
	reason,
});
/** One that says nothing of other devices, and is tried again. */
export const ofToken = (says: string, answer: Said, reason: string): Row<Said> => ({
	...row(says, answer, retried(), reason),
	about: "token",
});

/** What the provider says of most devices, and what comes of it for those of whom it is still believed. */
export type RowOfMost<Answer> = readonly [says: string, answer: Answer, means: Consequence];
