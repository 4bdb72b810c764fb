/**
 * What the console is told of: what happened, and the numbers of each minute. It is gathered in memory, and written once
 * a minute (journal-writes.ts): on the way of a publish nothing is written, and what strangers bring about costs no more
 * than an increment once there is much of it.
 */
import { consoleBounds } from "../limits/bounds/console.ts";
import { createRecent } from "../limits/recent-names.ts";
import type { Happened, HappenedKind } from "../store/console/events.ts";
import {
	bucketOf,
	type Fate,
	type Figures,
	mostFrequent,
	noAnswers,
	OTHER_REASONS,
} from "../store/console/figures.ts";
import { present } from "../syntax/present-fields.ts";
import type { Answer, Outcome, PushClass } from "../types.ts";

/** What happened, for the one who notes it. */
export interface Noted extends Omit<Happened, "at" | "count"> {
	/** Ms since the epoch; missing: now. */
	at?: number;
	/** Who brings it about, where that is a stranger's: what one brings about is bounded. */
	by?: string | undefined;
}

/** The counted part of a minute's figures. */
export type Counted = Pick<Figures, "pushes" | "reasons" | "publishes" | "answers">;

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
}

export interface Journal {
	note(happened: Noted): void;
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
	failed(failure: Omit<Noted, "kind" | "decider" | "at"> & { app: string }): void;
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

/** How long until the number of a reason's failures is told: twice as long each time, ms. */
const TOLD_FIRST_MS = 60_000;
const TOLD_LAST_MS = 3_600_000;
/** Reasons that are counted each for itself within a minute. */
const REASONS = 4 * consoleBounds.reasonsOfMinute.is;

interface Failing {
	event: Noted;
	/** Since it was told. */
	count: number;
	toldAt: number;
	everyMs: number;
}

export function createJournal({ now = Date.now }: { now?: () => number } = {}): Journal {
	const listeners = new Set<(happened: Happened) => void>();
	const minute = createMinute();
	const failing = new Map<string, Failing>();
	// Of the latest half it is sure that they are known.
	const publishes = createRecent<Published>(2 * consoleBounds.lastPublishes.is);
	const sends = createRecent<LastSend>(2 * consoleBounds.lastPublishes.is);
	let counts = createCounts();

	function note({ at = now(), by, ...rest }: Noted, count?: number) {
		const happened: Happened = { at, ...rest, ...(count !== undefined && { count }) };
		if (!minute.add(happened, by)) return;
		for (const hear of listeners) hear(happened);
	}

	/** What goes on failing is told now and then; what ended is forgotten. */
	function tellOfFailing() {
		const at = now();
		for (const [name, one] of failing) {
			const age = Math.abs(at - one.toldAt);
			if (one.count === 0) {
				if (age >= TOLD_LAST_MS) failing.delete(name);
			} else if (age >= one.everyMs) {
				note({ ...one.event, at }, one.count);
				Object.assign(one, { count: 0, toldAt: at, everyMs: Math.min(2 * one.everyMs, TOLD_LAST_MS) });
			}
		}
	}

	return {
		note: (noted) => note(noted),

		listen(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},

		take() {
			tellOfFailing();
			return minute.take(now());
		},

		takeFigures() {
			const taken = counts.figures();
			counts = createCounts();
			return taken;
		},

		answered: (ms) => counts.answered(ms),
		published: (publish) => publishes.set(publish.node, publish),

		sent(node, app, send) {
			const { outcome } = send;
			counts.sent(app, FATES[outcome.kind], "reason" in outcome ? outcome.reason : undefined);
			sends.set(node, send);
		},

		failed(failure) {
			const { app, reason } = failure;
			let name = `${app}\0${reason}`;
			let known = failing.get(name);
			const isOther = !known && failing.size >= consoleBounds.failingReasons.is;
			if (isOther) {
				name = `${app}\0${OTHER_REASONS}`;
				known = failing.get(name);
			}
			if (known) {
				known.count++;
				return;
			}
			const event: Noted = {
				...failure,
				reason: isOther ? OTHER_REASONS : reason,
				kind: "failed",
				decider: "provider",
			};
			note(event);
			const { node: _, owner: __, ...ofMany } = event;
			failing.set(name, { event: ofMany, count: 0, toldAt: now(), everyMs: TOLD_FIRST_MS });
		},

		lastPublish(node) {
			const publish = publishes.get(node);
			if (!publish) return undefined;
			const { at, class: pushClass, answer, ms } = publish;
			return { at, class: pushClass, answer, ms, legs: legsOf(publish, sends.get(node)) };
		},

		lastSend: sends.get,
	};
}

/** The events since the last batch, so many of each sort. */
function createMinute() {
	let rows: Happened[] = [];
	let [strangers, others] = [0, 0];
	const ofOne = new Map<string, number>();
	/** How many more there were, by kind and sort. */
	const more = new Map<string, { kind: HappenedKind; isStrangers: boolean; count: number }>();

	function leaveOut(kind: HappenedKind, isStrangers: boolean, count: number): false {
		const name = `${kind} ${isStrangers}`;
		const known = more.get(name);
		if (known) known.count += count;
		else more.set(name, { kind, isStrangers, count });
		return false;
	}

	function isRoomFor(by: string): boolean {
		if (strangers >= consoleBounds.strangersEventsPerMinute.is) return false;
		const its = ofOne.get(by) ?? 0;
		if (its >= consoleBounds.strangersEventsOfOne.is) return false;
		ofOne.set(by, its + 1);
		strangers++;
		return true;
	}

	return {
		/** @returns false: there are so many that it is only counted */
		add(happened: Happened, by = ""): boolean {
			const { kind, count = 1, isStrangers = false } = happened;
			if (isStrangers) {
				if (!isRoomFor(by)) return leaveOut(kind, true, count);
			} else {
				if (others >= consoleBounds.eventsPerMinute.is) return leaveOut(kind, false, count);
				others++;
			}
			rows.push(happened);
			return true;
		},

		take(at: number): Happened[] {
			const counted = [...more.values()].map(
				({ kind, isStrangers, count }): Happened => ({
					at,
					kind,
					reason: "further ones in the same minute, which are only counted",
					decider: "reveille",
					decidedBy: "Reveille",
					count,
					isStrangers,
				}),
			);
			const taken = [...rows, ...counted];
			rows = [];
			[strangers, others] = [0, 0];
			ofOne.clear();
			more.clear();
			return taken;
		},
	};
}

/** What is counted in a minute. */
function createCounts() {
	const pushes = new Map<string, Partial<Record<Fate, number>>>();
	const reasons = new Map<string, [string, Fate, string, number]>();
	const answers = noAnswers();
	let publishes = 0;

	function countReason(app: string, fate: Fate, reason: string): void {
		const name = `${app}\0${fate}\0${reason}`;
		const known = reasons.get(name);
		if (known) known[3]++;
		else if (reasons.size < REASONS || reason === OTHER_REASONS) reasons.set(name, [app, fate, reason, 1]);
		else countReason(app, fate, OTHER_REASONS);
	}

	return {
		sent(app: string, fate: Fate, reason: string | undefined) {
			let its = pushes.get(app);
			if (!its) {
				its = {};
				pushes.set(app, its);
			}
			its[fate] = (its[fate] ?? 0) + 1;
			if (reason !== undefined) countReason(app, fate, reason.slice(0, consoleBounds.eventText.is));
		},

		answered(ms: number) {
			publishes++;
			const at = bucketOf(ms);
			answers[at] = (answers[at] ?? 0) + 1;
		},

		figures: (): Counted => ({
			pushes: Object.fromEntries(pushes),
			...(reasons.size > 0 && { reasons: mostFrequent([...reasons.values()]) }),
			publishes,
			answers,
		}),
	};
}

/** The way of a publish, as far as it is known. */
function legsOf({ at, answer, ms }: Published, send: LastSend | undefined): LegOfPublish[] {
	// Asked before it came: that was for another one.
	const asked = send && send.at >= at ? send : undefined;
	const legs: LegOfPublish[] = [
		{ name: "Publish", text: "the user's server published, with the right secret", state: "ok" },
	];
	if (asked) {
		const { outcome } = asked;
		const reason = "reason" in outcome ? outcome.reason : undefined;
		legs.push({ name: "Reveille", text: "sent it on", state: "ok", ms: asked.at - at });
		legs.push({
			name: "Push service",
			text: outcome.kind === "delivered" ? "took it" : `${outcome.kind}: ${reason}`,
			state: outcome.kind === "delivered" ? "ok" : outcome.kind === "retry" ? "warn" : "bad",
			ms: asked.ms,
		});
	}
	const text = "how" in answer ? answer.how : `${answer.kind}: ${answer.reason}`;
	const isQueued = answer.kind === "done" && answer.how === "queued";
	const state = answer.kind === "done" ? (isQueued ? "warn" : "ok") : answer.kind === "wait" ? "warn" : "bad";
	return [...legs, present({ name: "Answer", text, state, ms: asked ? undefined : ms }) as LegOfPublish];
}
