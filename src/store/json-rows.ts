/** Rows as JSON, in both directions: one value in place of many. */
import { getTableColumns, type InferSelectModel, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { OddAnswer } from "./database-fault.ts";

/**
 * Selects a row of plain texts and integers as one JSON value. The driver asks anew for the name and type of each
 * column, and defines each value twice: of a row of twenty that is most of the time a lookup takes on the one thread.
 */
export function asJson<Table extends SQLiteTable>(table: Table) {
	const row = rowOf(table);
	return asJsonArray(table).mapWith((json: unknown): InferSelectModel<Table> => row(parsed(json)));
}

/** The same as an array of values, for {@link rowOf}: many rows without their names are half as long. */
export function asJsonArray(table: SQLiteTable) {
	return sql`json_array(${sql.join(Object.values(getTableColumns(table)), sql`, `)})`;
}

/** @throws {OddAnswer} */
export function parsed(json: unknown): unknown {
	if (typeof json !== "string") throw new OddAnswer();
	try {
		return JSON.parse(json);
	} catch {
		throw new OddAnswer();
	}
}

/** @returns makes a row of what {@link asJsonArray} selected, or throws {@link OddAnswer} */
export function rowOf<Table extends SQLiteTable>(table: Table) {
	const names = Object.keys(getTableColumns(table));
	return (values: unknown): InferSelectModel<Table> => {
		if (!Array.isArray(values) || values.length !== names.length) throw new OddAnswer();
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
