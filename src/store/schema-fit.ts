/** Whether the shared database has the tables that this code was written for: an edge does not make them itself. */
import type { Client } from "@libsql/client/web";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { databaseFault, UnfitDatabase } from "./database-fault.ts";
import * as schema from "./schema.ts";

/** A schema that this code cannot work with. */
export class OtherSchema extends UnfitDatabase {
	override name = "OtherSchema";
}

/**
 * In backticks: SQLite takes a name in double quotes, as drizzle writes it, for a text where there is no such column,
 * and would read on without a word.
 */
const QUERIES = Object.values(schema)
	.filter((value) => is(value, SQLiteTable))
	.map((table) => {
		const { name, columns } = getTableConfig(table);
		return `select ${columns.map((column) => `\`${column.name}\``).join(", ")} from \`${name}\` limit 0`;
	});

/**
 * Asks for each column, in one request. What the database has beside them is a newer version's, and fine.
 * @throws {OtherSchema}
 */
export async function checkSchema(client: Pick<Client, "batch">): Promise<void> {
	try {
		await client.batch(QUERIES);
	} catch (error) {
		const missing = /no such (?:table|column): \S+/.exec(databaseFault(error)?.message ?? "")?.[0];
		if (missing === undefined) throw error;
		throw new OtherSchema(
			`The database has not the tables of this version (${missing}). Start a connector of this version first, with the same DATABASE_URL: it brings them up to date.`,
			{ cause: error },
		);
	}
}
