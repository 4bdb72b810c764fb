/**
 * A replica of the shared database beside us, in a file: reads go there, also while the primary is away.
 *
 * Another process brings it up to date (replica-sync.ts). It is read as any file of SQLite's in WAL mode is, where
 * each read sees one moment of the primary's, and none of it while it is written.
 */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Client, createClient } from "@libsql/client/sqlite3";
import type { Logger } from "@logtape/logtape";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { shownUrl } from "../../config/connections.ts";
import { settingNames } from "../../config/settings.ts";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import { StartError } from "../start-error.ts";
import { migrationsOf } from "./migrations.ts";
import { filePath } from "./open.ts";
import type { Job, Synced } from "./replica-sync.ts";

/** All in ms. */
const TIMING = {
	/** Between two syncs: how old the replica is while all is well. One that finds nothing new costs half a ms. */
	every: 1_000,
	/** A sync that writes nothing for so long hangs: the primary has it, and will not answer. */
	hanging: 30_000,
	/** A replica that is there is brought up to date before it is used, unless that takes longer. */
	first: 3_000,
	/** A person is told of a replica that is older. */
	old: 60_000,
};

/** For a moment the file may be locked while its log begins anew, ms. */
const LOCK_MS = 1_000;

/** What libSQL keeps beside a replica: without one of them it is a database of its own. */
const MARKS = ["-client_wal_index", "-info"];

export interface Replica {
	/** It can only be read. */
	db: LibSQLDatabase & { $client: Client };
	/** All that the primary had at this time is here, ms since the epoch. */
	freshAt(): number;
	/** How many syncs failed since the start. */
	failures(): number;
	stop(): void;
}

export interface ReplicaOptions {
	job: Job;
	/** What runs `syncReplica`. */
	command: readonly string[];
	/** Why the primary cannot be asked now. Missing: it can, and has this version's schema. */
	away?: Error | undefined;
	log: Logger;
	now?: () => number;
	timing?: Partial<typeof TIMING>;
}

/**
 * Opens the replica, making it if it is not there, and keeps it up to date.
 * @throws {StartError} when there is none that can be read, and none can be made now
 */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
	const { job, away, log, now = Date.now } = options;
	const timing = { ...TIMING, ...options.timing };
	const path = filePath(job.url);
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	if (existsSync(path) && !MARKS.some((mark) => existsSync(path + mark))) {
		throw new StartError(
			"replica-path-taken",
			`${path} is a database of its own, and no replica: let DATABASE_URL name another file, or none.`,
		);
	}
	let client = await openReader(job.url);
	if (!client && away) {
		throw new StartError(
			"replica-missing",
			`${away.message} Reveille can start without it once there is a replica of this version's schema; ${path} is none.`,
			away,
		);
	}
	const syncer = createSyncer(options.command, job, () => sizeOf(path), timing.hanging);
	let freshAt = client ? changedAt(path) : 0;
	let failures = 0;
	let lastReason = away ? "the primary does not answer" : "no answer yet";
	let isOld = false;
	let isStopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let watching: ReturnType<typeof setInterval> | undefined;

	async function sync(): Promise<Synced> {
		const askedAt = now();
		const synced = await syncer.sync();
		if (synced.kind === "synced") {
			freshAt = askedAt;
			if (isOld) log.info("The replica is up to date again.");
			isOld = false;
		} else {
			failures++;
			lastReason = synced.reason;
		}
		if (!isStopped) timer = setTimeout(() => void sync(), timing.every);
		return synced;
	}

	/** Apart from syncing: one that hangs says nothing. */
	function watch() {
		const age = now() - freshAt;
		if (isOld || age <= timing.old) return;
		isOld = true;
		log.warn(
			"The replica {path} of {primary} is {seconds} s old: {reason}. Pushes go on from it, and what it lacks is looked up at the primary.",
			about("replica-old", {
				path,
				primary: shownUrl(job.syncUrl),
				seconds: Math.round(age / 1000),
				reason: lastReason,
			}),
		);
	}

	function stop() {
		isStopped = true;
		clearTimeout(timer);
		clearInterval(watching);
		syncer.stop();
		client?.close();
	}

	const first = sync();
	if (client) {
		await Promise.race([first, Bun.sleep(timing.first)]);
	} else {
		const synced = await first;
		client = await openReader(job.url);
		if (!client) {
			stop();
			const reason = synced.kind === "failed" ? synced.reason : "it lacks this version's schema";
			throw new StartError("replica-not-made", `The replica ${path} cannot be made: ${reason}.`);
		}
	}
	watch();
	watching = setInterval(watch, timing.every);
	return { db: drizzle(client), freshAt: () => freshAt, failures: () => failures, stop };
}

/**
 * @returns undefined where no replica of this version's schema is there
 * @throws {StartError}
 */
async function openReader(url: string): Promise<Client | undefined> {
	const path = filePath(url);
	// Opening would make an empty database, which no replica can take the place of.
	if (!existsSync(path)) return undefined;
	let client: Client | undefined;
	try {
		client = createClient({ url, concurrency: 1, timeout: LOCK_MS });
		await client.execute("PRAGMA query_only = ON");
		const tables = await client.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'");
		const { rows } =
			tables.rows.length > 0 ? await client.execute("SELECT hash FROM migrations") : { rows: [] };
		const applied = new Set(rows.map(({ hash }) => hash));
		if (migrationsOf("shared").every(({ hash }) => applied.has(hash))) return client;
		client.close();
		return undefined;
	} catch (error) {
		client?.close();
		throw new StartError(
			"replica-unreadable",
			`The replica ${path} cannot be read (${faultOf(error)}). It is only a copy: delete it, and the files beside it that begin with its name.`,
			error,
		);
	}
}

/** The parts of a database in WAL mode. */
const partsOf = (path: string) =>
	[path, `${path}-wal`].flatMap((part) => statSync(part, { throwIfNoEntry: false }) ?? []);

const changedAt = (path: string) => Math.max(...partsOf(path).map(({ mtimeMs }) => mtimeMs));

/** Differs when something was written: its log may grow, or begin anew. */
const sizeOf = (path: string) =>
	partsOf(path)
		.map(({ size, mtimeMs }) => `${size} ${mtimeMs}`)
		.join();

/** Its job tells it all: keys and passwords are not its business. */
const withoutSettings = (env: typeof Bun.env) =>
	Object.fromEntries(
		Object.entries(env).filter(([name]) => !settingNames.some((setting) => setting === name)),
	);

interface Syncer {
	/** One at a time. */
	sync(): Promise<Synced>;
	stop(): void;
}

/** @param progress something else as long as a sync gets on; one that does not for `hangingMs` is given up */
function createSyncer(
	command: readonly string[],
	job: Job,
	progress: () => string,
	hangingMs: number,
): Syncer {
	let process: ReturnType<typeof start> | undefined;

	function start() {
		const child = Bun.spawn([...command], {
			stdin: "pipe",
			stdout: "pipe",
			stderr: "inherit",
			// libSQL's own log of each request that fails, in colours: what matters is in our answer.
			env: { ...withoutSettings(Bun.env), RUST_LOG: "off" },
		});
		child.stdin.write(`${JSON.stringify(job)}\n`);
		const input = Readable.fromWeb(child.stdout as unknown as Parameters<typeof Readable.fromWeb>[0]);
		return { child, lines: createInterface({ input })[Symbol.asyncIterator]() };
	}

	function kill() {
		// It leaves the file whole, as any crash does.
		process?.child.kill("SIGKILL");
		process = undefined;
	}

	return {
		async sync() {
			try {
				process ??= start();
			} catch (error) {
				// Too many processes, no memory, or the program was replaced meanwhile.
				const { code, message } = error as NodeJS.ErrnoException;
				return { kind: "failed", reason: `the process that syncs it cannot be started (${code ?? message})` };
			}
			const { child, lines } = process;
			let last = progress();
			let isHanging = false;
			const watching = setInterval(() => {
				const latest = progress();
				isHanging = latest === last;
				last = latest;
				if (isHanging) kill();
			}, hangingMs);
			try {
				child.stdin.write("\n");
				child.stdin.flush();
				const { value, done } = await lines.next();
				if (!done) return JSON.parse(value) as Synced;
			} catch {
				// As if it had ended.
			} finally {
				clearInterval(watching);
			}
			kill();
			const reason = isHanging ? "the primary hangs" : "the process that syncs it ended";
			return { kind: "failed", reason };
		},
		stop: kill,
	};
}
