/**
 * Queries of a database file that are asked over and over. The client prepares a query each time that it is asked, and has
 * the names and types of its columns told twice: that takes longer than what is looked up. These stay prepared, on a
 * connection of their own, which reads what others have committed and writes nothing.
 */
import Database from "libsql";
import { OWN_WAIT_MS } from "./lock-waiting.ts";

/**
 * After a failure the client is asked for so long, ms. A connection stays open, with its two files, until the statements
 * that it had are garbage: one for each look-up in a damaged table would soon be more than a process may have.
 */
const REST_MS = 10_000;

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

/**
 * @param path of a file that is in use as a database; it is opened when it is first asked
 * @param effects.requireThere throws where another file or none is there by now: one that is opened is made
 * @param effects.now a clock in ms that never jumps
 */
export function createKeptQueries(
	path: string,
	{ requireThere, now = () => performance.now() }: { requireThere(): void; now?: () => number },
): KeptQueries {
	let connection: Connection | undefined;
	let restsUntil = Number.NEGATIVE_INFINITY;
	let statements = new Map<string, Statement>();
	let isOver = false;

	function statementOf(sql: string): Statement {
		const known = statements.get(sql);
		if (known) return known;
		connection ??= connect();
		const statement = connection.prepare(sql).raw();
		statements.set(sql, statement);
		return statement;
	}

	function connect(): Connection {
		requireThere();
		return new Database(path, { timeout: OWN_WAIT_MS });
	}

	function disconnect() {
		statements = new Map();
		connection?.close();
		connection = undefined;
	}

	return {
		keep: (sql) => (text) => {
			if (isOver || now() < restsUntil) return undefined;
			try {
				const row = statementOf(sql).get([text]);
				return Array.isArray(row) ? row[0] : undefined;
			} catch {
				// A statement that failed stays begun, and fails again.
				disconnect();
				restsUntil = now() + REST_MS;
				return undefined;
			}
		},

		close() {
			isOver = true;
			disconnect();
		},
	};
}
