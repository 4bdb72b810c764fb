/** @jsxImportSource preact */
/** iPhone and iPad: first to the Home Screen; before a password is typed, as storage is another one there. */

import { useTexts } from "../page.ts";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";

export function Install() {
	const { install } = useTexts();
	const aside = (
		<>
			<h2>{install.why}</h2>
			<p>{install.whyText}</p>
		</>
	);
	return (
		<SetUpFrame step="sign-in" aside={aside} asideLabel={install.why}>
			<Opening title={install.title}>{install.lead}</Opening>
			<section class="card" aria-labelledby="add-h">
				<h2 id="add-h">{install.add}</h2>
				<ul class="numbered">
					{install.addHow.map((line) => (
						<li key={line}>{line}</li>
					))}
				</ul>
			</section>
			<section class="card" aria-labelledby="open-h">
				<h2 id="open-h">{install.open}</h2>
				<p>{install.openText}</p>
			</section>
		</SetUpFrame>
	);
}
