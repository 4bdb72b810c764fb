/** @jsxImportSource preact */
/** Small parts of several screens. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Staff } from "../../page/parts/marks.tsx";
import { useConsole } from "../console.ts";
import { hashOf, type Route } from "../routes.ts";
import type { Period } from "../wire.ts";

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

const PERIODS: readonly { period: Period; name: string }[] = [
	{ period: "hour", name: "Hour" },
	{ period: "day", name: "Day" },
	{ period: "week", name: "Week" },
];

export const Periods = ({ at, current }: { at: "overview" | "services"; current: Period }) => (
	<nav class="seg" aria-label="Period">
		{PERIODS.map(({ period, name }) => (
			<a key={period} href={hashOf({ at, period })} aria-current={period === current ? "true" : undefined}>
				{name}
			</a>
		))}
	</nav>
);

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

/** A link to a screen, which takes the place of the one before in nothing. */
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

/** Longer than any word that people write: only such a one is broken where it does not fit. */
const LONG_WORD = 24;

/** A name from elsewhere, which is broken within a word only where that is a very long one. */
export const Name = ({ name }: { name: string }) => (
	<bdi class={name.split(/\s/).some((word) => word.length > LONG_WORD) ? "any" : undefined}>{name}</bdi>
);

/** A host, which wraps at its dots. */
export const Host = ({ host }: { host: string }) => (
	<bdi class="any">
		{host.split(/(?=\.)/).map((part, index) => (
			<span key={index}>
				{index > 0 && <wbr />}
				{part}
			</span>
		))}
	</bdi>
);

/** A value for elsewhere, with a button that copies it. @param what for who does not see it */
export function CopyBox({ what, value, big = false }: { what: string; value: string; big?: boolean }) {
	const console = useConsole();
	const [copied, setCopied] = useState<boolean>();
	return (
		<div class="stack tight">
			<div class="copy">
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too. */}
				{/* biome-ignore lint/a11y/useSemanticElements: no fieldset, it has no fields. */}
				<pre class="wraps" tabIndex={0} role="group" aria-label={what}>
					{big ? <span class="big-code">{value}</span> : <code>{value}</code>}
				</pre>
				<button
					class="btn"
					type="button"
					aria-label={`Copy: ${what}`}
					onClick={async () => setCopied(await console.copy(value))}
				>
					{copied ? "Copied" : "Copy"}
				</button>
			</div>
			<span role="status" class={copied === false ? "hint" : "hush"}>
				{copied === undefined ? "" : copied ? "Copied" : "This browser does not copy. Mark it, and copy it."}
			</span>
		</div>
	);
}
