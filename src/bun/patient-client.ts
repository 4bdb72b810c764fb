/**
 * Waits for a lock that another process holds, without holding up this one: SQLite's own wait stops the one thread on
 * which everything else is answered.
 */
import type { Client, Transaction } from "@libsql/client";

/** SQLite's own wait, ms: for those who only write a little. */
export const OWN_WAIT_MS = 5;
/** Between two attempts, ms. */
const PAUSE_MS = 20;

/** @returns the same client; what finds the database locked is asked again for `patienceMs`. None of it was done. */
export function patiently(client: Client, patienceMs: number): Client {
	const execute = client.execute.bind(client) as (...given: unknown[]) => ReturnType<Client["execute"]>;
	const batch = client.batch.bind(client);
	const transaction = client.transaction.bind(client) as (...given: unknown[]) => Promise<Transaction>;

	async function again<Result>(ask: () => Promise<Result>): Promise<Result> {
		const until = performance.now() + patienceMs;
		for (;;) {
			try {
				return await ask();
			} catch (error) {
				if ((error as { code?: string }).code !== "SQLITE_BUSY" || performance.now() >= until) throw error;
				await Bun.sleep(PAUSE_MS * (0.5 + Math.random()));
			}
		}
	}

	return Object.assign(client, {
		execute: (...given: unknown[]) => again(() => execute(...given)),
		batch: (...given: Parameters<Client["batch"]>) => again(() => batch(...given)),
		// It takes the lock with its beginning, and then has it.
		transaction: (...given: unknown[]) => again(() => transaction(...given)),
	});
}
