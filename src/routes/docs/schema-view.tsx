/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Shows a schema of the OpenAPI document as a table, and makes its example. */
import type { ApiDocument } from "./openapi.ts";

type Schemas = NonNullable<NonNullable<ApiDocument["components"]>["schemas"]>;
/** A schema, or a reference to one. */
export type SchemaOrRef = Schemas[string];
type Schema = Exclude<SchemaOrRef, { $ref: string }>;

/** Follows a reference into the document's components, and makes one schema of those that hold all at once (`allOf`). */
export function resolve(given: SchemaOrRef, schemas: Schemas): Schema {
	if ("$ref" in given) {
		const target = schemas[given.$ref.slice(given.$ref.lastIndexOf("/") + 1)];
		return target ? resolve(target, schemas) : {};
	}
	const { allOf, ...own } = given;
	if (!allOf) return own;
	const parts = [...allOf.map((part) => resolve(part, schemas)), own];
	const whole: Schema = Object.assign({}, ...parts);
	whole.properties = Object.assign({}, ...parts.map(({ properties }) => properties));
	whole.required = parts.flatMap(({ required = [] }) => required);
	return whole;
}

/** An example made of the examples of all parts. */
export function exampleOf(given: SchemaOrRef, schemas: Schemas): unknown {
	const schema = resolve(given, schemas);
	if ("example" in schema) return schema.example;
	if (schema.properties) {
		return Object.fromEntries(
			Object.entries(schema.properties).map(([name, part]) => [name, exampleOf(part, schemas)]),
		);
	}
	if (schema.items) return [exampleOf(schema.items, schemas)];
	if (schema.const !== undefined) return schema.const;
	return schema.enum?.[0];
}

function typeOf(schema: Schema, schemas: Schemas): string {
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
	if (schema.items) return `list of ${typeOf(resolve(schema.items, schemas), schemas)}`;
	return [schema.type ?? "anything"].flat().join(" or ");
}

interface Row {
	path: string;
	type: string;
	required: boolean;
	description: string | undefined;
}

function rowsOf(given: SchemaOrRef, schemas: Schemas, prefix = ""): Row[] {
	const schema = resolve(given, schemas);
	return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
		const inner = resolve(part, schemas);
		const row = {
			path: prefix + name,
			type: typeOf(inner, schemas),
			required: schema.required?.includes(name) ?? false,
			description: inner.description,
		};
		const nested = inner.items ?? inner;
		return [row, ...rowsOf(nested, schemas, `${prefix}${name}${inner.items ? "[]" : ""}.`)];
	});
}

/** The fields of a schema, nested ones by their path. */
export function SchemaView({ schema, schemas }: { schema: SchemaOrRef; schemas: Schemas }) {
	const rows = rowsOf(schema, schemas);
	if (rows.length === 0) return null;
	return (
		<div class="scroll">
			<table>
				{rows.map((row) => (
					<tr>
						<td>
							<code>{row.path}</code>
						</td>
						<td>
							{row.type}
							{row.required ? "" : ", optional"}
							{row.description && <div class="dim">{row.description}</div>}
						</td>
					</tr>
				))}
			</table>
		</div>
	);
}
