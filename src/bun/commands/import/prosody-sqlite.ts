/**
 * Reads mod_push_appserver's registrations from the SQLite file of Prosody's mod_storage_sql: the table `prosody` with
 * one row for each field of a node, `user` being the node.
 */
import { Database } from "bun:sqlite";
import { StartError } from "../../start-error.ts";
import { type Found, foundAtProsody, masked } from "./found-registration.ts";

const STORE = "push_appserver";

export interface SqliteStore {
	hosts(): string[];
	read(host: string): Generator<Found>;
	close(): void;
}

/** SQLite keeps anything in any column; Prosody writes texts. */
interface Row {
	node: unknown;
	name: unknown;
	value: unknown;
}

/** Opens the file without changing it: Prosody may be running. @throws {StartError} */
export function openSqliteStore(path: string): SqliteStore {
	const guarded = <T>(use: () => T): T => {
		try {
			return use();
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			throw new StartError(
				"import-source-unreadable",
				`${path} cannot be read as Prosody's SQLite file (${reason}): give its path, as a user who may read it and its folder.`,
				error,
			);
		}
	};
	const db = guarded(() => new Database(path, { readonly: true, strict: true }));

	return {
		hosts: () =>
			guarded(() =>
				db
					.query<{ host: string }, [string]>(
						`SELECT DISTINCT "host" FROM "prosody" WHERE "store" = ? ORDER BY "host"`,
					)
					.all(STORE)
					.map(({ host }) => host),
			),

		*read(host) {
			// The table's index is in this order: no row has to be kept to sort it.
			const rows = guarded(() =>
				db
					.query<Row, [string, string]>(
						`SELECT "user" AS "node", "key" AS "name", "value" FROM "prosody"
						WHERE "host" = ? AND "store" = ? ORDER BY "user"`,
					)
					.iterate(host, STORE),
			);
			let node: unknown;
			let entries: Row[] = [];
			for (const row of rows) {
				if (entries.length > 0 && row.node !== node) {
					yield foundIn(host, node, entries);
					entries = [];
				}
				node = row.node;
				entries.push(row);
			}
			if (entries.length > 0) yield foundIn(host, node, entries);
		},

		close: () => db.close(),
	};
}

/** @param rows all of the node */
function foundIn(host: string, node: unknown, rows: readonly Row[]): Found {
	const texts = rows.flatMap(({ name, value }) =>
		typeof name === "string" && typeof value === "string" ? [[name, value] as const] : [],
	);
	if (typeof node === "string" && texts.length === rows.length)
		return foundAtProsody(host, node, new Map(texts));
	return { at: masked(String(node)), fields: {}, unfit: "its rows are not as Prosody writes them" };
}
