/**
 * Queries of a database file that are asked over and over. The client prepares a query each time that it is asked, and has
 * the names and types of its columns told twice: that takes longer than what is looked up. These stay prepared, on a
 * connection of their own, which reads what others have committed and writes nothing.
 */
import Database from "libsql";
import { OWN_WAIT_MS } from "./lock-waiting.ts";

type Connection = InstanceType<typeof Database>;
type Statement = ReturnType<Connection["prepare"]>;

/**
 * Asks a query that has one parameter, a text.
 * @returns the first value of its first row; undefined: there is none, or it could not be asked, and whoever asks the
 *   client is told why
 */
export type KeptQuery = (text: string) => unknown;

export interface KeptQueries {
	/** Has a query stay prepared, from the first time that it is asked. */
	keep(sql: string): KeptQuery;
	/** From then on they say nothing. */
	close(): void;
}

/** @param path of a file that is in use as a database; it is opened when it is first asked */
export function createKeptQueries(path: string): KeptQueries {
	let connection: Connection | undefined;
	let statements = new Map<string, Statement>();
	let isOver = false;

	function statementOf(sql: string): Statement {
		const known = statements.get(sql);
		if (known) return known;
		connection ??= new Database(path, { timeout: OWN_WAIT_MS });
		const statement = connection.prepare(sql).raw();
		statements.set(sql, statement);
		return statement;
	}

	function disconnect() {
		statements = new Map();
		connection?.close();
		connection = undefined;
	}

	return {
		keep: (sql) => (text) => {
			if (isOver) return undefined;
			try {
				const row = statementOf(sql).get([text]);
				return Array.isArray(row) ? row[0] : undefined;
			} catch {
				// A statement that failed stays begun until its connection is closed.
				disconnect();
				return undefined;
			}
		},

		close() {
			isOver = true;
			disconnect();
		},
	};
}
