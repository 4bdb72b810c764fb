/** @jsxImportSource preact */
/** Where there is nothing to show. */
import type { ComponentChildren } from "preact";
import { Staff } from "../../page/parts/marks.tsx";

/** A staff with a rest, a sentence, the next thing to do. @param within it stands in a card, below its heading */
export const Empty = ({
	title,
	children,
	actions,
	within = false,
}: {
	title: string;
	children: ComponentChildren;
	actions?: ComponentChildren;
	within?: boolean;
}) => (
	<section class={within ? "empty" : "card empty"}>
		<Staff />
		<div class="stack close">
			{within ? <h3 class="any">{title}</h3> : <h2 class="any">{title}</h2>}
			<p class="muted">{children}</p>
		</div>
		{actions && <div class="row">{actions}</div>}
	</section>
);
