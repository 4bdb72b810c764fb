/**
 * The process that keeps a replica up to date: it asks the primary for what is new when it is told to.
 *
 * A process of its own, because libSQL's `sync()` holds up the thread that calls it, without a deadline: while the
 * primary hangs, so would every push. A process can be killed, and its parent asks another one.
 *
 * It reads lines from standard input, first a `Job`, then one for each sync that is wanted, and answers each with a
 * line, a `Synced`.
 */
import { type Client, createClient } from "@libsql/client/sqlite3";

/** What to keep up to date. */
export interface Job {
	/** The replica, as a `file:` URL. */
	url: string;
	syncUrl: string;
	authToken?: string;
}

/** What came of a sync. */
export type Synced = { kind: "synced" } | { kind: "failed"; reason: string };

/** Syncs until standard input ends. The job comes there since it holds a token: anybody can read arguments. */
export async function syncReplica(): Promise<void> {
	// Whoever asks us to end asks our parent too, with whom we end.
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => undefined);
	let job: Job | undefined;
	let client: Client | undefined;
	let lock: Client | undefined;
	for await (const line of console) {
		if (!job) {
			job = JSON.parse(line) as Job;
			continue;
		}
		let synced: Synced;
		try {
			lock ??= await lockReplica(job.url);
			const { url, syncUrl, authToken } = job;
			client ??= createClient({ url, syncUrl, ...(authToken === undefined ? {} : { authToken }) });
			await client.sync();
			synced = { kind: "synced" };
		} catch (error) {
			// One that failed may have lost its place: the next begins anew, and fails sooner.
			client?.close();
			client = undefined;
			synced = { kind: "failed", reason: error instanceof Error ? error.message.trim() : String(error) };
		}
		process.stdout.write(`${JSON.stringify(synced)}\n`);
	}
	client?.close();
	lock?.close();
}

/** Two that write one replica would spoil it: the second is refused until the first one ends, however it does. */
async function lockReplica(url: string): Promise<Client> {
	const lock = createClient({ url: `${url}-lock`, concurrency: 1, timeout: 0 });
	try {
		await lock.execute("PRAGMA locking_mode = EXCLUSIVE");
		await lock.batch(["CREATE TABLE IF NOT EXISTS lock (a)"], "write");
		return lock;
	} catch (error) {
		lock.close();
		if ((error as { code?: string }).code !== "SQLITE_BUSY") throw error;
		throw new Error("another process keeps the same file up to date: each needs its own");
	}
}
