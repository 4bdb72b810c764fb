/**
 * One write at a time to a server of libSQL.
 *
 * sqld makes writes wait for each other with the database's log held open for reading, so that the copying of the
 * log into the file waits for them in turn (https://github.com/tursodatabase/libsql/pull/1955): eight at once from
 * one process brought sqld 0.24.32 in some seconds to where no write was answered any more, whoever asked, until it
 * was restarted. One at a time from each of several processes did not, and is no slower.
 */
import type { Client, InStatement } from "@libsql/client";

/** What the copying of the log turns away was not done (tried), and may be asked again: so often, after so long, ms. */
const TRIES = 6;
const PAUSE_MS = 50;

export const isRead = (statement: InStatement | [string, unknown?]) => {
	const sql =
		typeof statement === "string" ? statement : Array.isArray(statement) ? statement[0] : statement.sql;
	return /^\s*select\b/i.test(sql);
};

/** @returns the same client; its writes take turns from now on. A transaction of several requests does not wait. */
export function inTurns(client: Client, pause: (ms: number) => Promise<void> = Bun.sleep): Client {
	const waiting: PromiseWithResolvers<void>[] = [];
	let isWriting = false;

	async function write<Result>(ask: () => Promise<Result>): Promise<Result> {
		if (isWriting) {
			const turn = Promise.withResolvers<void>();
			waiting.push(turn);
			await turn.promise;
		}
		isWriting = true;
		try {
			return await again(ask);
		} catch (error) {
			// Who waited behind one that had no answer has waited as long: one after the other would take minutes.
			if (isTimeout(error)) for (const { reject } of waiting.splice(0)) reject(error);
			throw error;
		} finally {
			const next = waiting.shift();
			if (next) next.resolve();
			else isWriting = false;
		}
	}

	async function again<Result>(ask: () => Promise<Result>): Promise<Result> {
		for (let tries = 1; ; tries++) {
			try {
				return await ask();
			} catch (error) {
				if ((error as { code?: string }).code !== "SQLITE_BUSY" || tries === TRIES) throw error;
				await pause(PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
			}
		}
	}

	const execute = client.execute.bind(client) as (...given: unknown[]) => ReturnType<Client["execute"]>;
	const batch = client.batch.bind(client);
	// The client's own methods reach its private parts only as its own.
	return Object.assign(client, {
		execute(statement: InStatement, ...rest: unknown[]) {
			const ask = () => execute(statement, ...rest);
			return isRead(statement) ? ask() : write(ask);
		},
		batch(...given: Parameters<Client["batch"]>) {
			const ask = () => batch(...given);
			return given[0].every(isRead) ? ask() : write(ask);
		},
	});
}

function isTimeout(error: unknown): boolean {
	for (let inner = error; inner instanceof Error; inner = inner.cause)
		if (inner.name === "TimeoutError") return true;
	return false;
}
