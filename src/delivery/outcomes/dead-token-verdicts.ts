/**
 * The mass verdict: when most of an app's (or origin's) devices that answered lately are said to be gone, or refused,
 * and these are many that were delivered to before, the fault is ours (a wrong environment, topic, project or key),
 * and nothing may be deleted on such a word.
 *
 * Devices are counted, each by its latest answer, not answers: ten that are much written to must not outweigh a
 * hundred that work, nor one that works hide ten that do not. And ten of them one after the other, without one that
 * works between them, are enough: an hour of good answers must not cost fifty devices before they are a majority.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";

/** An answer about a registration. */
export interface Verdict {
	node: string;
	/** `gone` or `rejected`. */
	isBad: boolean;
	/** It was delivered to before. Others prove nothing: anybody can register a device that does not exist. */
	isProven: boolean;
}

export interface Verdicts {
	/**
	 * Notes an answer. It counts even when it costs the registration: those that are removed are the evidence.
	 * @returns whether such answers are to be believed now
	 */
	note(gate: string, verdict: Verdict): boolean;
}

/** How many registrations are looked at: those that answered last. */
const WINDOW = deliveryBounds.verdictDevices.is;
/** So many of them must say so. */
const DISTINCT = 10;
/** Answers older than this say nothing of today, ms. */
const RECENT_MS = 3_600_000;
/** How many apps and origins are remembered. */
const KEPT = deliveryBounds.verdicts.is;

interface Window {
	/** The latest answer of each registration, by node: whoever answered last is last. */
	answers: Map<string, { isBad: boolean; at: number }>;
	/** Those that were bad since the last good answer, as many as it takes. */
	inARow: Set<string>;
	/** How many of them are bad, so that nothing is counted at each push. */
	bad: number;
	isMass: boolean;
}

export function createVerdicts({
	now = Date.now,
	onMass = () => {},
}: {
	now?: () => number;
	/** Verdicts of this gate are not believed any more: tell a person. Called once each time it comes to that. */
	onMass?(gate: string): void;
} = {}): Verdicts {
	// Ordered by use.
	const windows = new Map<string, Window>();
	/** The one at the end. */
	let latest: Window | undefined;

	return {
		note(gate, { node, isBad, isProven }) {
			const window = windows.get(gate) ?? { answers: new Map(), inARow: new Set(), bad: 0, isMass: false };
			if (isProven) {
				if (window !== latest) {
					windows.delete(gate);
					windows.set(gate, window);
					if (windows.size > KEPT) windows.delete(windows.keys().next().value ?? "");
					latest = window;
				}
				forget(window, node);
				window.answers.set(node, { isBad, at: now() });
				if (isBad) window.bad++;
				if (!isBad) window.inARow.clear();
				else if (window.inARow.size < DISTINCT) window.inARow.add(node);
			}
			forgetOld(window, now());
			const isMost = window.bad >= DISTINCT && window.bad * 2 > window.answers.size;
			const isMass = isMost || window.inARow.size >= DISTINCT;
			if (isMass && !window.isMass) onMass(gate);
			window.isMass = isMass;
			return !isMass;
		},
	};
}

function forget(window: Window, node: string) {
	if (window.answers.get(node)?.isBad) window.bad--;
	window.answers.delete(node);
	window.inARow.delete(node);
}

/**
 * Takes out what is beyond the window, the oldest first: at most what came in since. What is from far in the future came
 * before the clock was set back, and would stay for as long.
 */
function forgetOld(window: Window, now: number) {
	for (const [node, { at }] of window.answers) {
		if (Math.abs(now - at) < RECENT_MS && window.answers.size <= WINDOW) return;
		forget(window, node);
	}
}
