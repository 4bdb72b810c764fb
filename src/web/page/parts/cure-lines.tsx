/** @jsxImportSource preact */
/** What an admin adds to the server's configuration, to copy. */
import type { Cure } from "../cures.ts";
import { useTexts } from "../page.ts";
import { CopyBox } from "./copy-box.tsx";

export function CureLines({
	cures,
	notes,
}: {
	cures: readonly Cure[];
	notes: Partial<Record<Cure["server"], string>>;
}) {
	const { missing } = useTexts();
	return (
		<>
			<p class="small muted">{missing.added}</p>
			{cures.map(({ server, lines }) => (
				<div class="stack close" key={server}>
					<h3>{server}</h3>
					{notes[server] && <p class="small muted">{notes[server]}</p>}
					<CopyBox what={missing.linesFor(server)} value={lines} lines />
				</div>
			))}
		</>
	);
}
