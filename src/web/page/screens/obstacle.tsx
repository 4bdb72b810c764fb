/** @jsxImportSource preact */
/** Nothing can be set up here, and why. */

import type { Obstacle } from "../obstacle.ts";
import { usePage, useTexts } from "../page.ts";
import { Opening } from "../parts/heading.tsx";

export function ObstacleScreen({ obstacle }: { obstacle: Exclude<Obstacle, "install"> }) {
	const page = usePage();
	const t = useTexts();
	const { title, text } = t.obstacle[obstacle];
	return (
		<div class="app">
			<main id="main" tabIndex={-1} class="mid">
				<div class="stack wide">
					<Opening title={title}>{text}</Opening>
					<div class="row actions">
						<button class="btn next" type="button" onClick={() => page.reload()}>
							{t.tryAgain}
						</button>
					</div>
				</div>
			</main>
		</div>
	);
}
