/** @jsxImportSource preact */
/** A notification as it will look. */
import { useTexts } from "../page.ts";
import { Icon } from "./marks.tsx";

export function Sample() {
	const { allow } = useTexts();
	return (
		<figure class="note-card" aria-label={allow.sample}>
			<span class="note-icon">
				<Icon />
			</span>
			<span class="note-title">{allow.sampleFrom}</span>
			<span class="note-when">{allow.sampleWhen}</span>
			<span class="note-body">{allow.sampleText}</span>
		</figure>
	);
}
