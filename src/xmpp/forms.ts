/** XEP-0004 data forms, as far as publishes and commands need them. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { NS } from "./namespaces.ts";

/** The values of a form's fields by name. A field that is repeated counts once: the first that says something. */
export type FormValues = ReadonlyMap<string, readonly string[]>;

/** Blanks alone are what is left of nothing where somebody writes each element on a line of its own. */
const saysSomething = (value: string) => value.trim() !== "";

/** Reads an `<x xmlns='jabber:x:data'/>`, whatever its type: Prosody sends summaries as `form`, ejabberd as `submit`. */
export function readForm(x: Element): FormValues {
	const values = new Map<string, readonly string[]>();
	/** Names of which nothing was said yet: looked at once, however often they come. */
	let empty: Set<string> | undefined;
	for (const field of x.getChildren("field", NS.dataForms)) {
		const name = field.attrs.var;
		if (typeof name !== "string") continue;
		const isKnown = values.has(name);
		if (isKnown && !empty?.has(name)) continue;
		const its: string[] = [];
		for (const value of field.getChildren("value", NS.dataForms)) its.push(value.getText());
		if (its.some(saysSomething)) empty?.delete(name);
		else if (isKnown) continue;
		else empty = (empty ?? new Set()).add(name);
		values.set(name, its);
	}
	return values;
}

/**
 * Reads the form of a kind in an element. What names its kind (XEP-0068) is preferred; of forms that name none the
 * first counts. Where all name another kind, the first counts too: clients write what they like there.
 * @param formType the FORM_TYPE that is meant
 */
export function readFormOf(around: Element | undefined, formType: string): FormValues | undefined {
	const found = around?.getChildren("x", NS.dataForms);
	const first = found?.[0];
	if (!found || !first) return undefined;
	const form = readForm(first);
	if (found.length === 1) return form;
	const forms = [form, ...found.slice(1).map(readForm)];
	const ofType = (type: string | undefined) => forms.find((it) => singleValue(it, "FORM_TYPE") === type);
	return ofType(formType) ?? ofType(undefined) ?? form;
}

/**
 * The one value of a field: of several the first that says something. Undefined if it is missing or empty, as Prosody
 * sends fields it does not fill.
 */
export function singleValue(form: FormValues | undefined, name: string): string | undefined {
	const values = form?.get(name);
	return values?.find(saysSomething) || values?.[0] || undefined;
}

/** A field of a form that we send. In an item it has neither type nor label: its column has them. */
export interface Field {
	name: string;
	type?: "hidden" | "text-single" | "jid-single" | "list-single" | "list-multi" | "text-multi";
	values?: readonly string[];
	/** For people who fill it in. */
	label?: string;
	required?: boolean;
	/** Each with its own value as label, if it has no other. */
	options?: readonly (string | Option)[];
}

export interface Option {
	label: string;
	value: string;
}

function fieldElement({ name, type, values = [], label, required, options = [] }: Field): Element {
	return xml(
		"field",
		{ ...(type && { type }), var: name, ...(label !== undefined && { label }) },
		...(required ? [xml("required")] : []),
		...values.map((value) => xml("value", {}, value)),
		...options
			.map((option) => (typeof option === "string" ? { label: option, value: option } : option))
			.map(optionElement),
	);
}

export function optionElement({ label, value }: Option): Element {
	return xml("option", { label }, xml("value", {}, value));
}

/** A field that says something. Clients draw one without a label or a type as a bare name, or as an empty box. */
export type AnswerField = Field & Required<Pick<Field, "type" | "label" | "values">>;

/** A form that says something: `type` as the dialect has it. */
export function answerForm(type: "form" | "result", fields: readonly AnswerField[]): Element {
	return xml("x", { xmlns: NS.dataForms, type }, ...fields.map(fieldElement));
}

/**
 * A result of several items (XEP-0004 §3.4): clients that show them as a table take its columns from `<reported/>`.
 * @param items each made by `itemOf`, with a value for each of the columns
 */
export function itemsForm(columns: readonly Field[], items: readonly Element[]): Element {
	const form = { xmlns: NS.dataForms, type: "result" };
	return xml("x", form, xml("reported", {}, ...columns.map(fieldElement)), ...items);
}

/** @param values one for each of the columns; empty where there is none */
export function itemOf(columns: readonly Field[], values: readonly string[]): Element {
	return xml(
		"item",
		{},
		...columns.map(({ name }, at) => fieldElement({ name, values: [values[at] ?? ""] })),
	);
}

/** A form for people to fill in. */
export function formToFillIn(title: string, instructions: string, fields: readonly Field[]): Element {
	return xml(
		"x",
		{ xmlns: NS.dataForms, type: "form" },
		xml("title", {}, title),
		xml("instructions", {}, instructions),
		...fields.map(fieldElement),
	);
}
