/** @jsxImportSource preact */
/** A field: label, hint, input, error, in this order. */
import type { ComponentChildren } from "preact";
import { present } from "../../../syntax/present-fields.ts";

interface FieldProps {
	id: string;
	name: string;
	label: string;
	type: "text" | "email" | "password" | "url";
	hint?: string | undefined;
	/** What is wrong with what was typed. */
	error?: ComponentChildren;
	value?: string;
	inputMode?: "email";
	autocomplete?: string;
	placeholder?: string;
	maxLength?: number;
	required?: boolean;
	/** An address: no capitals, no spelling. */
	verbatim?: boolean;
}

export function Field({ id, label, hint, error, type, value, verbatim, ...others }: FieldProps) {
	const described = [error && `${id}-e`, hint && `${id}-h`].filter(Boolean).join(" ");
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{hint && (
				<span class="hint" id={`${id}-h`}>
					{hint}
				</span>
			)}
			<input
				class="input"
				id={id}
				// Preact's types tell inputs apart, and would have one element for each.
				type={type as "text"}
				aria-invalid={error ? "true" : undefined}
				aria-describedby={described || undefined}
				{...(present({
					defaultValue: value,
					autocapitalize: verbatim && "none",
					spellcheck: verbatim && false,
				}) as object)}
				{...others}
			/>
			{error && (
				<span class="error" id={`${id}-e`} role="alert">
					{error}
				</span>
			)}
		</div>
	);
}

/** What a form's field has, and an empty text where it has none. */
export function typed(form: HTMLFormElement, name: string): string {
	const input = form.elements.namedItem(name);
	return input !== null && "value" in input && typeof input.value === "string" ? input.value : "";
}

/** Empties a password's field as soon as it was read. */
export function takePassword(form: HTMLFormElement, name: string): string {
	const password = typed(form, name);
	const input = form.elements.namedItem(name);
	if (input !== null && "value" in input) input.value = "";
	return password;
}
