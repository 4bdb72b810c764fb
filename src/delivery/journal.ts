/**
 * What the console is told of: what happened, and the numbers of each minute. It is gathered in memory, and written once
 * a minute (journal-writes.ts): on the way of a publish nothing is written, and what strangers bring about costs no more
 * than an increment once there is much of it.
 */
import { consoleBounds } from "../limits/bounds/console.ts";
import { createRecent } from "../limits/recent-names.ts";
import { separateTexts } from "../limits/text-length.ts";
import type { Happened } from "../store/console/events.ts";
import { present } from "../syntax/present-fields.ts";
import type { Answer, Fate, Outcome, PushClass } from "../types.ts";
import { type Counted, createCountsOfMinute } from "./journal/counts-of-minute.ts";
import { createEventsOfMinute } from "./journal/events-of-minute.ts";
import { createFailing, type Failure, LAST_MS } from "./journal/failing.ts";
import { isTrial } from "./trial-devices.ts";

/** What happened, for the one who notes it. */
export interface Noted extends Omit<Happened, "at" | "count"> {
	/** Ms since the epoch; missing: now. */
	at?: number;
	/** Who brings it about, where that is a stranger's: what one brings about is bounded. */
	by?: string | undefined;
}

/** A station on the way of a publish, as the console draws it. */
export interface LegOfPublish {
	name: string;
	text: string;
	state: "ok" | "warn" | "bad" | "off";
	ms?: number;
}

export interface LastPublish {
	/** When it came in, ms since the epoch. */
	at: number;
	class: PushClass;
	answer: Answer;
	/** From the publish to its answer. */
	ms: number;
	legs: LegOfPublish[];
}

/** The last time a push service was asked for a registration. */
export interface LastSend {
	/** When, ms since the epoch. */
	at: number;
	/** How long its answer took. */
	ms: number;
	outcome: Outcome;
}

/** A publish that was admitted and answered. */
export interface Published {
	node: string;
	class: PushClass;
	at: number;
	answer: Answer;
	ms: number;
	/** It was asked for over HTTP. Missing: a server published it. */
	isOverHttp?: true;
}

export interface Journal {
	note(happened: Noted): void;
	/** The same, once an hour for each name. */
	noteOnce(name: string, happened: Noted): void;
	/** @param listener is told of each event as it happens; must not throw. @returns ends it */
	listen(listener: (happened: Happened) => void): () => void;
	/** What happened since the last time, for the batch of the minute. */
	take(): Happened[];
	/** The numbers since the last time, likewise. */
	takeFigures(): Counted;
	/** A publish came in, and was answered after so many ms. */
	answered(ms: number): void;
	/** An admitted publish was answered. */
	published(publish: Published): void;
	/** A push service was asked. */
	sent(node: string, app: string, send: LastSend): void;
	/** A push failed for now. Of many for one reason the first is told, and then their number now and then. */
	failed(failure: Failure): void;
	lastPublish(node: string): LastPublish | undefined;
	lastSend(node: string): LastSend | undefined;
}

export const FATES: Readonly<Record<Outcome["kind"], Fate>> = {
	delivered: "delivered",
	retry: "later",
	gone: "gone",
	rejected: "refused",
	misconfigured: "setup",
};

export function createJournal({ now = Date.now }: { now?: () => number } = {}): Journal {
	const listeners = new Set<(happened: Happened) => void>();
	const minute = createEventsOfMinute();
	// Of the latest half it is sure that they are known.
	const publishes = createRecent<Published>(2 * consoleBounds.lastPublishes.is);
	const sends = createRecent<LastSend>(2 * consoleBounds.lastPublishes.is);
	const once = createRecent<number>(2 * consoleBounds.toldOnce.is);
	let counts = createCountsOfMinute();

	function note({ at = now(), by, ...rest }: Noted, count?: number) {
		const happened: Happened = { at, ...rest, ...(count !== undefined && { count }) };
		if (!minute.add(happened, by)) return;
		// Some of it stood in a stanza, or in a push service's answer, and it is kept for minutes.
		separateTexts(happened);
		for (const hear of listeners) hear(happened);
	}

	// Strangers' reasons, which may be any, take no place of the others.
	const failing = createFailing(note, now);
	const strangersFailing = createFailing(note, now);

	return {
		note: (noted) => note(noted),

		noteOnce(name, noted) {
			const at = now();
			const before = once.get(name);
			if (before !== undefined && Math.abs(at - before) < LAST_MS) return;
			once.set(name, at);
			note(noted);
		},

		listen(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},

		take() {
			failing.tell();
			strangersFailing.tell();
			return minute.take(now());
		},

		takeFigures() {
			const taken = counts.figures();
			counts = createCountsOfMinute();
			return taken;
		},

		answered: (ms) => counts.answered(ms),
		published: (publish) => publishes.set(publish.node, publish),

		sent(node, app, send) {
			if (isTrial(app)) return;
			const { outcome } = send;
			counts.sent(app, FATES[outcome.kind], "reason" in outcome ? outcome.reason : undefined);
			sends.set(node, send);
		},

		failed: (failure) => (failure.isStrangers ? strangersFailing : failing).add(failure),

		lastPublish(node) {
			const publish = publishes.get(node);
			if (!publish) return undefined;
			const { at, class: pushClass, answer, ms } = publish;
			return { at, class: pushClass, answer, ms, legs: legsOf(publish, sends.get(node)) };
		},

		lastSend: sends.get,
	};
}

const SAID: Readonly<Record<Exclude<Outcome["kind"], "delivered">, string>> = {
	retry: "Not now",
	gone: "Gone",
	rejected: "Refused it",
	misconfigured: "Refused our credentials",
};
const HOW: Readonly<Record<Extract<Answer, { kind: "done" }>["how"], string>> = {
	delivered: "Done",
	queued: "Done: it waits here, and is tried again",
	superseded: "Done: a newer one goes in its place",
	skipped: "Done: the device does not ask for its class",
};
const KIND: Readonly<Record<Exclude<Answer["kind"], "done">, string>> = {
	unknown: "No such device",
	refused: "Refused",
	wait: "Wait",
};

/** The way of a publish, as far as it is known. */
function legsOf({ at, answer, ms, isOverHttp }: Published, send: LastSend | undefined): LegOfPublish[] {
	const isQueued = answer.kind === "done" && answer.how === "queued";
	// Asked before it came, or after it was answered for good: that was for another one, such as a test push.
	const isIts = send && send.at >= at && (isQueued || send.at <= at + ms);
	const asked = isIts ? send : undefined;
	const legs: LegOfPublish[] = [
		isOverHttp
			? { name: "HTTP", text: "It was asked for over HTTP", state: "ok" }
			: { name: "Publish", text: "Published, with the right secret", state: "ok" },
	];
	if (asked) {
		const { outcome } = asked;
		const reason = "reason" in outcome ? outcome.reason : undefined;
		const isLater = isQueued && asked.at > at + ms;
		const text = isLater ? "Kept it, and tried it again" : "Sent it on";
		legs.push({ name: "Reveille", text, state: "ok", ms: asked.at - at });
		legs.push({
			name: "Push service",
			text: outcome.kind === "delivered" ? "Took it" : `${SAID[outcome.kind]}: ${reason}`,
			state: outcome.kind === "delivered" ? "ok" : outcome.kind === "retry" ? "warn" : "bad",
			ms: asked.ms,
		});
	}
	const text = "how" in answer ? HOW[answer.how] : `${KIND[answer.kind]}: ${answer.reason}`;
	const state = answer.kind === "done" ? (isQueued ? "warn" : "ok") : answer.kind === "wait" ? "warn" : "bad";
	return [...legs, present({ name: "Answer", text, state, ms: asked ? undefined : ms }) as LegOfPublish];
}
