/** Rows as JSON, in both directions: one value in place of many. */
import { getTableColumns, type InferSelectModel, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/**
 * Selects a row of plain texts and integers as one JSON value. The driver asks anew for the name and type of each
 * column, and defines each value twice: of a row of twenty that is most of the time a lookup takes on the one thread.
 */
export function asJson<Table extends SQLiteTable>(table: Table) {
	const row = rowOf(table);
	return asJsonArray(table).mapWith((json: string): InferSelectModel<Table> => row(JSON.parse(json)));
}

/** The same as an array of values, for {@link rowOf}: many rows without their names are half as long. */
export function asJsonArray(table: SQLiteTable) {
	return sql`json_array(${sql.join(Object.values(getTableColumns(table)), sql`, `)})`;
}

/** @returns makes a row of what {@link asJsonArray} selected */
export function rowOf<Table extends SQLiteTable>(table: Table) {
	const names = Object.keys(getTableColumns(table));
	return (values: readonly unknown[]): InferSelectModel<Table> => {
		const row: Record<string, unknown> = {};
		for (let at = 0; at < names.length; at++) row[names[at] ?? ""] = values[at];
		return row as InferSelectModel<Table>;
	};
}

/**
 * JSON for SQLite to take texts out of (`->>`). Half a character is an escape in JSON, and no UTF-8 once it is taken
 * out: the driver ends the process when it reads such a text, and again after each start. So it is replaced, as it is
 * in a text that is bound.
 */
export function toJson(value: unknown): string {
	const json = JSON.stringify(value);
	if (!json.includes("\\ud")) return json;
	return JSON.stringify(value, (_name, part) => (typeof part === "string" ? part.toWellFormed() : part));
}
