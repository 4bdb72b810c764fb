/** What is counted in a minute: on the way of a publish it is no more than increments. */
import { consoleBounds } from "../../limits/bounds/console.ts";
import {
	bucketOf,
	type Figures,
	mostFrequent,
	noAnswers,
	OTHER_REASONS,
} from "../../store/console/figures.ts";
import type { Fate } from "../../types.ts";

/** The counted part of a minute's figures. */
export type Counted = Pick<Figures, "pushes" | "reasons" | "publishes" | "answers">;

/** Reasons that are counted each for itself within a minute. */
const REASONS = 4 * consoleBounds.reasonsOfMinute.is;

export function createCountsOfMinute() {
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
