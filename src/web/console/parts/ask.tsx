/** @jsxImportSource preact */
/** Asks before something ends, and says how much. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Action } from "../use-action.ts";
import { FaultBanner } from "./faults.tsx";

/**
 * @param text what ends
 * @param children fields, for more than a yes
 * @param end does it: with the form, whose fields are filled
 * @param close is called when the dialog is shut without an end
 */
export function Ask({
	title,
	text,
	sure,
	action,
	end,
	close,
	children,
}: {
	title: ComponentChildren;
	text: ComponentChildren;
	sure: ComponentChildren;
	action: Action;
	end: (form: HTMLFormElement) => void;
	close: () => void;
	children?: ComponentChildren;
}) {
	const id = useId();
	const dialog = useRef<HTMLDialogElement>(null);
	const way = useRef<HTMLButtonElement>(null);
	useLayoutEffect(() => {
		const { current } = dialog;
		current?.showModal();
		// Not on what ends something.
		(current?.querySelector("input") ?? way.current)?.focus();
		// The focus goes back to where it came from.
		return () => current?.close();
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby={`${id}-t`} aria-describedby={`${id}-p`} onClose={close}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					end(event.currentTarget);
				}}
			>
				<h2 id={`${id}-t`} class="any">
					{title}
				</h2>
				<div id={`${id}-p`} class="stack close">
					{text}
				</div>
				{children}
				{action.fault && <FaultBanner fault={action.fault} />}
				<div class="row actions">
					<button class="btn ends sure any" type="submit" disabled={action.isBusy}>
						{sure}
					</button>
					<button ref={way} class="btn" type="button" onClick={() => dialog.current?.close()}>
						Keep it
					</button>
				</div>
			</form>
		</dialog>
	);
}
