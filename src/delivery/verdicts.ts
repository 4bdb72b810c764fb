/**
 * The mass verdict: when most of an app's (or origin's) recent answers say that devices are gone or pushes refused,
 * over many registrations that were delivered to before, the fault is ours (a wrong environment, topic, project or
 * key), and nothing may be deleted on such a word.
 */

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
	 * Notes an answer.
	 * @returns whether such answers are to be believed now
	 */
	note(gate: string, verdict: Verdict): boolean;
}

/** How many answers are looked at. */
const WINDOW = 100;
/** So many different registrations must say so. */
const DISTINCT = 10;
/** Answers older than this say nothing of today, ms. */
const RECENT_MS = 3_600_000;
/** How many apps and origins are remembered. */
const KEPT = 5_000;

export function createVerdicts({
	now = Date.now,
	onMass = () => {},
}: {
	now?: () => number;
	/** Verdicts of this gate are not believed any more: tell a person. Called once each time it comes to that. */
	onMass?(gate: string): void;
} = {}): Verdicts {
	const windows = new Map<string, { answers: (Verdict & { at: number })[]; isMass: boolean }>();

	return {
		note(gate, verdict) {
			const window = windows.get(gate) ?? { answers: [], isMass: false };
			if (!verdict.isProven) return !window.isMass;
			windows.delete(gate);
			windows.set(gate, window);
			if (windows.size > KEPT) windows.delete(windows.keys().next().value ?? "");

			const oldest = now() - RECENT_MS;
			window.answers = window.answers.filter(({ at }) => at > oldest).slice(1 - WINDOW);
			window.answers.push({ ...verdict, at: now() });
			const bad = window.answers.filter(({ isBad }) => isBad);
			const isMass =
				bad.length * 2 > window.answers.length && new Set(bad.map(({ node }) => node)).size >= DISTINCT;
			if (isMass && !window.isMass) onMass(gate);
			window.isMass = isMass;
			return !isMass;
		},
	};
}
