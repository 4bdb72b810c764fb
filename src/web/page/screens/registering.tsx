/** @jsxImportSource preact */
/** After the tap: the browser, Reveille and the account's server get to know each other. */

import { useTexts } from "../page.ts";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { REGISTERING, type SetUpState } from "../set-up.ts";

export function Registering({ state: { done } }: { state: Extract<SetUpState, { at: "registering" }> }) {
	const t = useTexts();
	return (
		<SetUpFrame step="allow">
			<Opening title={t.registering.title}>{t.registering.lead}</Opening>
			<ol class="checks" aria-live="polite" aria-label={t.finding.checks}>
				{REGISTERING.map((part, index) => (
					<li key={part} class={index < done ? "done" : index === done ? "runs" : "later"}>
						<span>{t.registering[part][index < done ? 1 : 0]}</span>
					</li>
				))}
			</ol>
		</SetUpFrame>
	);
}
