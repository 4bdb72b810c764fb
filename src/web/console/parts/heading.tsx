/** @jsxImportSource preact */
/** The heading of a screen: the focus comes here when the screen changes, and the window is called like it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useConsole } from "../console.ts";

/** @param title for the window, and for the heading where that is a text alone */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
	const console = useConsole();
	const heading = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => {
		if (heading.current) heading.current.ownerDocument.title = `${title} · Reveille`;
	}, [title]);
	useLayoutEffect(() => {
		if (console.moved) {
			heading.current?.focus({ preventScroll: true });
			heading.current?.ownerDocument.defaultView?.scrollTo?.(0, 0);
		}
		console.moved = true;
	}, [console]);
	return (
		<h1 ref={heading} tabIndex={-1}>
			{children ?? title}
		</h1>
	);
}

/** Heading and lead, as most screens begin. */
export const Opening = ({ title, children }: { title: string; children?: ComponentChildren }) => (
	<div class="stack close">
		<Heading title={title} />
		{children && <p class="lead">{children}</p>}
	</div>
);
