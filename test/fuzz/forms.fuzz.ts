/** XEP-0004: what is read of a form is what a plain reading of its own description gives. */
import xml from "@xmpp/xml";
import fc from "fast-check";
import { answerForm, itemOf, itemsForm, readForm, singleValue } from "../../src/xmpp/forms.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { parse } from "../xmpp/parse.ts";
import { same } from "./claims.ts";
import { anyText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

const names = fc.oneof(fc.constantFrom("FORM_TYPE", "secret", "token", "__proto__", "constructor"), anyText);
/** What stands beside fields and values, and is neither. */
const foreign = fc.constantFrom("", "urn:example:other");
const field = fc.record({
	var: fc.option(names, { nil: undefined }),
	values: fc.array(fc.record({ text: anyText, ns: foreign }), { maxLength: 3 }),
	ns: foreign,
	tag: fc.constantFrom("field", "field", "field", "item"),
});
const form = fc.array(field, { maxLength: 5 });

/** XML 1.0 §2.2 has no way to write the others. */
const writable = anyText.map((text) => text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "?"));

export const fuzzed: Fuzzed = {
	name: "data forms",
	properties: [
		always(
			"the first field of a name that says something counts, with all its values",
			{ weight: 8, most: 200_000 },
			form,
			(fields) => {
				const element = xml(
					"x",
					{ xmlns: NS.dataForms },
					...fields.map(({ tag, ns, values, var: name }) =>
						xml(
							tag,
							{ ...(ns && { xmlns: ns }), ...(name !== undefined && { var: name }) },
							...values.map((value) =>
								xml("value", value.ns ? { xmlns: value.ns } : { xmlns: NS.dataForms }, value.text),
							),
						),
					),
				);
				const read = readForm(element);
				const counted = fields.filter(
					({ tag, ns, var: name }) => tag === "field" && !ns && name !== undefined,
				);
				same(read.size, new Set(counted.map(({ var: name }) => name)).size);
				for (const name of read.keys()) {
					const its = counted
						.filter((it) => it.var === name)
						.map(({ values }) => values.filter(({ ns }) => !ns).map(({ text }) => text));
					const isSaid = (text: string) => /\S/.test(text);
					const values = its.find((texts) => texts.some(isSaid)) ?? its[0];
					same(read.get(name), values);
					same(singleValue(read, name), values?.find(isSaid) ?? (values?.[0] || undefined));
				}
			},
		),
		always(
			"an answer's fields are read back as they were given, whatever they hold",
			{ weight: 3, most: 80_000 },
			fc.uniqueArray(
				fc.record({
					name: writable,
					type: fc.constant("text-single" as const),
					label: writable,
					values: fc.array(writable, { maxLength: 3 }),
				}),
				{ selector: ({ name }) => name, maxLength: 4 },
			),
			(fields) => {
				const read = readForm(parse(String(answerForm("result", fields))));
				same(
					[...read],
					fields.map(({ name, values }) => [name, values]),
				);
				const values = fields.map((field) => field.values[0] ?? "");
				const items = parse(String(itemsForm(fields, [itemOf(fields, values), itemOf(fields, values)])));
				same(items.getChildren("item").length, 2);
			},
		),
	],
};
