/** @jsxImportSource preact */
/** What is said where something is not there: it is on its way, or does not come. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ConsoleFault } from "../console-fault.ts";
import type { Loaded } from "../use-loaded.ts";

/** A banner that says what is and what to do. @param retry asks again */
export function FaultBanner({ fault, retry }: { fault: ConsoleFault; retry?: () => void }) {
	return (
		<div class={fault.kind === "offline" ? "banner warn" : "banner bad"} role="alert">
			<strong class="any">{fault.what}</strong>
			{fault.next && <p>{fault.next}</p>}
			{retry && (
				<div>
					<button class="btn" type="button" onClick={retry}>
						Ask again
					</button>
				</div>
			)}
		</div>
	);
}

/** Beside what was pressed. */
export const FaultLine = ({ fault }: { fault: ConsoleFault | undefined }) =>
	fault ? (
		<span class="error" role="alert">
			{fault.what} {fault.next}
		</span>
	) : null;

/** What was loaded; until it is there, that it is on its way, or why it does not come. */
export function Shown<Value>({
	loaded,
	children,
}: {
	loaded: Loaded<Value>;
	children: (value: Value) => ComponentChildren;
}) {
	const { value, fault, reload } = loaded;
	return (
		<>
			{fault && <FaultBanner fault={fault} retry={() => void reload()} />}
			{value !== undefined
				? children(value)
				: !fault && (
						<p class="muted" role="status">
							Loading …
						</p>
					)}
		</>
	);
}

/** Something was done: it is said, and the focus comes here, since what was pressed may be gone. */
export function Done({ children }: { children: ComponentChildren }) {
	const said = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => said.current?.focus(), []);
	return (
		<div class="banner ok" role="status" tabIndex={-1} ref={said}>
			<strong class="any">{children}</strong>
		</div>
	);
}
