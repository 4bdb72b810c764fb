/** In which language the page speaks, and what all languages have. */
import type { PageFault, PageFaultKind } from "../page-fault.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";

/** For each kind: what is, and what to do. */
export type FaultTexts = {
	readonly [Kind in PageFaultKind]: (
		fault: Extract<PageFault, { kind: Kind }>,
	) => readonly [is: string, todo: string];
};

/** One language's texts; the English ones give the shape. `{jid}` and the like are filled by `filled`. */
export type Texts = typeof en;

export const LANGUAGES: readonly Texts[] = [en, de];

/**
 * The language of a person: the one chosen before, else the first of the browser's that there is, else English.
 * @param wanted BCP 47 tags, the most wanted first
 */
export function textsFor(wanted: readonly (string | undefined)[]): Texts {
	for (const tag of wanted) {
		const primary = tag?.toLowerCase().split("-")[0];
		const found = LANGUAGES.find(({ lang }) => lang === primary);
		if (found) return found;
	}
	return en;
}
