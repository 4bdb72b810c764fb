/** Rows as JSON, in both directions: one value in place of many. */
import { getTableColumns, type InferSelectModel, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/**
 * Selects a row of plain texts and integers as one JSON value. The driver asks anew for the name and type of each
 * column, and defines each value twice: of a row of twenty that is most of the time a lookup takes on the one thread.
 */
export function asJson<Table extends SQLiteTable>(table: Table) {
	const pairs = Object.entries(getTableColumns(table)).map(
		([name, column]) => sql`${sql.raw(`'${name}'`)}, ${column}`,
	);
	return sql`json_object(${sql.join(pairs, sql`, `)})`.mapWith(
		(json: string): InferSelectModel<Table> => JSON.parse(json),
	);
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
