/** @jsxImportSource preact */
/** A link to a screen. */
import type { ComponentChildren } from "preact";
import { hashOf, type Route } from "../routes.ts";

export const To = ({
	route,
	class: look,
	children,
}: {
	route: Route;
	class?: string;
	children: ComponentChildren;
}) => (
	<a class={look} href={hashOf(route)}>
		{children}
	</a>
);
