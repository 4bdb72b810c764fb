/** XEP-0004 data forms, as far as publishes and commands need them. */
import type { Element } from "@xmpp/xml";
import { NS } from "./namespaces.ts";

/** The values of a form's fields by name. A field that is repeated counts once: the first. */
export type FormValues = ReadonlyMap<string, readonly string[]>;

/** Reads an `<x xmlns='jabber:x:data'/>`, whatever its type: Prosody sends summaries as `form`, ejabberd as `submit`. */
export function readForm(x: Element): FormValues {
	const values = new Map<string, readonly string[]>();
	for (const field of x.getChildren("field", NS.dataForms)) {
		const name = field.attrs.var;
		if (typeof name !== "string" || values.has(name)) continue;
		values.set(
			name,
			field.getChildren("value", NS.dataForms).map((value) => value.getText()),
		);
	}
	return values;
}

/** The one value of a field; undefined if it is missing or empty, as Prosody sends fields it does not fill. */
export function singleValue(form: FormValues | undefined, name: string): string | undefined {
	return form?.get(name)?.[0] || undefined;
}
