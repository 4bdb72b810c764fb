/** Data forms (XEP-0004), as far as the kit fills them in and reads them. */
import { type Element, xml } from "../../syntax/xml.ts";
import { NS } from "./namespaces.ts";

/** What is filled in, by name. */
export type Filled = Readonly<Record<string, string | readonly string[]>>;

/** @param formType XEP-0068; missing: the form has none */
export function formElement(filled: Filled, formType?: string): Element {
	const type =
		formType === undefined
			? []
			: [xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, formType))];
	const fields = Object.entries(filled).map(([name, values]) =>
		xml("field", { var: name }, ...[values].flat().map((value) => xml("value", {}, value))),
	);
	return xml("x", { xmlns: NS.dataForms, type: "submit" }, ...type, ...fields);
}

/**
 * The first value of each field that says something.
 * @param around the form, or an item of it; undefined has none
 */
export function valuesIn(around: Element | undefined): ReadonlyMap<string, string> {
	const values = new Map<string, string>();
	for (const field of around?.getChildren("field", NS.dataForms) ?? []) {
		const value = field.getChildText("value", NS.dataForms);
		if (value) values.set(field.attrs.var, value);
	}
	return values;
}
