/** @jsxImportSource preact */
/** The heading of a screen: the focus comes here when the screen changes, and the window is called like it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { usePage } from "../page.ts";

/** @param title for the window, where the heading is more than a text */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
	const page = usePage();
	const heading = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => {
		if (heading.current) heading.current.ownerDocument.title = `${title} · Reveille`;
	}, [title]);
	useLayoutEffect(() => {
		if (page.moved) heading.current?.focus();
		page.moved = true;
	}, [page]);
	return (
		<h1 ref={heading} tabIndex={-1}>
			{children ?? title}
		</h1>
	);
}

/** Heading and lead, as most screens begin. */
export const Opening = ({ title, children }: { title: string; children: ComponentChildren }) => (
	<div class="stack close">
		<Heading title={title} />
		<p class="lead">{children}</p>
	</div>
);
