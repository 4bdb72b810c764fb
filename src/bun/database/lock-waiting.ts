/**
 * Waits for a lock that another process holds, without holding up this one: SQLite's own wait stops the one thread on
 * which everything else is answered.
 *
 * A statement that found the database locked stays begun until it is garbage to the driver, and meanwhile nothing that
 * its connection writes is committed, though it is said to be; in the end all of it is undone. So that connection is
 * closed before anything else is written.
 */
import type { Client, InStatement, Transaction } from "@libsql/client";
import { isRead } from "./one-writer.ts";

/** SQLite's own wait, ms: for those who only write a little. */
export const OWN_WAIT_MS = 5;
/** Between two attempts, ms. */
const PAUSE_MS = 20;

/**
 * @param setting what each new connection begins with
 * @returns the same client; what finds the database locked is asked again for `patienceMs`. None of it was done.
 */
export function patiently(client: Client, patienceMs: number, setting: string): Client {
	const execute = client.execute.bind(client) as (...given: unknown[]) => ReturnType<Client["execute"]>;
	const batch = client.batch.bind(client);
	const transaction = client.transaction.bind(client) as (...given: unknown[]) => Promise<Transaction>;
	/** The last write, done or not: none may come between one that found a lock and the end of its connection. */
	let last: Promise<unknown> = Promise.resolve();
	/** Whether the connection has its setting, which a lock can keep from it as well. */
	let isSet = true;

	async function set(): Promise<void> {
		// Said first: another may meet a lock and connect anew before this one goes on.
		isSet = true;
		try {
			await execute(setting);
		} catch (error) {
			isSet = false;
			throw error;
		}
	}

	async function again<Result>(ask: () => Promise<Result>): Promise<Result> {
		const until = performance.now() + patienceMs;
		for (;;) {
			try {
				if (!isSet) await set();
				return await ask();
			} catch (error) {
				const { code } = error as { code?: string };
				// What was to be read over a connection that was closed under it.
				const isCutOff = code === "CLIENT_CLOSED" && !client.closed;
				if (code === "SQLITE_BUSY" && !client.closed) {
					isSet = false;
					await client.reconnect();
				}
				if ((code !== "SQLITE_BUSY" && !isCutOff) || performance.now() >= until) throw error;
				if (!isCutOff) await Bun.sleep(PAUSE_MS * (0.5 + Math.random()));
			}
		}
	}

	function write<Result>(ask: () => Promise<Result>): Promise<Result> {
		const done = last.then(() => again(ask));
		last = done.catch(() => {});
		return done;
	}

	return Object.assign(client, {
		execute(statement: InStatement, ...rest: unknown[]) {
			const ask = () => execute(statement, ...rest);
			return isRead(statement) ? again(ask) : write(ask);
		},
		batch(...given: Parameters<Client["batch"]>) {
			return write(() => batch(...given));
		},
		// It takes the lock with its beginning, and then has it.
		transaction: (...given: unknown[]) => write(() => transaction(...given)),
	});
}
