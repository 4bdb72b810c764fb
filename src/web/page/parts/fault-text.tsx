/** @jsxImportSource preact */
/** A fault in a person's words: what is, then what to do. */
import { useTexts } from "../page.ts";
import type { PageFault } from "../page-fault.ts";
import type { Texts } from "../texts/texts.ts";

export function sentencesOf(t: Texts, fault: PageFault): readonly [is: string, todo: string] {
	// Each kind's function takes that kind: by its key they belong together.
	const say = t.faults[fault.kind] as (fault: PageFault) => readonly [string, string];
	return say(fault);
}

export const sentenceOf = (t: Texts, fault: PageFault): string => sentencesOf(t, fault).join(" ");

/** Above what it is about. */
export function FaultBanner({ fault }: { fault: PageFault }) {
	const [is, todo] = sentencesOf(useTexts(), fault);
	return (
		<div class="banner bad" role="alert">
			<p class="any">
				<strong>{is}</strong> {todo}
			</p>
		</div>
	);
}
