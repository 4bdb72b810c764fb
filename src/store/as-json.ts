/** A whole row in one value. */
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
