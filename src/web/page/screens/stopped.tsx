/** @jsxImportSource preact */
/** The set-up stopped: why, and what to do. */

import { usePage, useTexts } from "../page.ts";
import { sentencesOf } from "../parts/fault-text.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import type { SetUpState } from "../set-up.ts";

export function Stopped({ state: { fault, step } }: { state: Extract<SetUpState, { at: "stopped" }> }) {
	const { setUp } = usePage();
	const t = useTexts();
	const [is, todo] = sentencesOf(t, fault);
	return (
		<SetUpFrame step={step}>
			<Opening title={t.stopped.title}>{is}</Opening>
			<p class="any">{todo}</p>
			<div class="row actions">
				<button class="btn next" type="button" onClick={() => setUp.again()}>
					{t.tryAgain}
				</button>
				<button class="btn quiet" type="button" onClick={() => setUp.stop()}>
					{t.stopped.other}
				</button>
			</div>
		</SetUpFrame>
	);
}
