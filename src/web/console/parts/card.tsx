/** @jsxImportSource preact */
/** One subject of a screen. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** One subject with a heading. @param beside stands at the end of the heading's line */
export function Card({
	title,
	beside,
	hush = false,
	children,
}: {
	title: ComponentChildren;
	beside?: ComponentChildren;
	/** The heading is for who does not see what is below it. */
	hush?: boolean;
	children: ComponentChildren;
}) {
	const id = useId();
	const heading = (
		<h2 id={id} class={hush ? "hush" : undefined}>
			{title}
		</h2>
	);
	return (
		<section class="card" aria-labelledby={id}>
			{beside ? (
				<div class="card-head">
					{heading}
					{beside}
				</div>
			) : (
				heading
			)}
			{children}
		</section>
	);
}
