/** The shared database as a process uses it: the one whose word counts, and perhaps a replica of it beside us. */

import { dirname, join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import type { Logger } from "@logtape/logtape";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import type { Config } from "../../config/config.ts";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { about } from "../../messages/about.ts";
import { createIdCheck, ensureId, type IdCheck, idOf } from "../../store/database-id.ts";
import type { Pace } from "../../store/registrations/table-scan.ts";
import { facts } from "../../store/schema.ts";
import { fileUrl } from "../../syntax/file-url.ts";
import { createSpaceCheck } from "../free-space.ts";
import { COMMAND, SYNC_REPLICA } from "../program.ts";
import { noteDatabase, readDatabaseNote } from "./database-note.ts";
import { createKeptQueries, type KeptQueries } from "./kept-queries.ts";
import { connect, DatabaseAway, filePath, type OpenDatabase, openDatabase } from "./open.ts";
import { stillThere } from "./replaced-file.ts";
import { openReplica, type Replica } from "./replica.ts";

/**
 * How long the primary may take to answer, ms. A publish may wait for its push service, and then for the primary
 * twice, and must be answered within ejabberd's 32 s.
 */
const DEADLINE_MS = 5_000;

/** How long registrations gather that are written together, ms: as many as come in one turn or two of the loop. */
const GATHER_MS = 1;

/**
 * A statement on a file has the one JavaScript thread until it is done. A slice takes about a millisecond, and all of them a
 * tenth of the thread.
 */
const PACE_OF_FILE: Pace = {
	rows: 250,
	// One that waited for a lock took no thread.
	pause: (tookMs) => Bun.sleep(Math.min(Math.ceil(9 * tookMs), 50)),
};

export interface SharedDatabase extends OpenDatabase {
	/** Where reads may go: the replica, if there is one, else the same. */
	nearby: LibSQLDatabase;
	replica: Replica | undefined;
	/** For checking facts, and noting new ones: while the primary is away, those that the replica has. */
	facts: LibSQLDatabase;
	/** Which database it is; undefined: it could not be asked yet, and nothing here knows. */
	id: string | undefined;
	/** Whether the database is still the one that this process began with. */
	check: IdCheck;
	/** While registrations gather that are written together. */
	pause(): Promise<void>;
	/** While look-ups gather that are made together. */
	turn(): Promise<void>;
	/** Has a query of the primary stay prepared, where that is a file and nothing is read elsewhere. */
	keep: KeptQueries["keep"] | undefined;
	/** How fast all registrations are gone through, where it is a file, … */
	pace: Pace | undefined;
	/** … and at `nearby`. */
	paceNearby: Pace | undefined;
	/** Whether the disk has room for more registrations. One that is a server's is for its operator to watch. */
	mayGrow(): Promise<boolean>;
	close(): void;
}

/**
 * Opens the database, which is the primary where there is a replica.
 * @throws {StartError}
 */
export async function openShared(
	{ role, dataDir, database }: Pick<Config, "role" | "dataDir" | "database">,
	log: Logger,
): Promise<SharedDatabase> {
	const { url = fileUrl(join(dataDir, "reveille.db")), authToken, replica: file } = database;
	const note = readDatabaseNote(dataDir, url);
	const options = {
		url,
		authToken,
		deadlineMs: DEADLINE_MS,
		migrations: "shared" as const,
		check: note.check,
	};
	const pause = () => Bun.sleep(GATHER_MS);
	const pace = url.startsWith("file:") ? PACE_OF_FILE : undefined;
	const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
	const files = [url, file].filter((each) => each?.startsWith("file:"));
	const mayGrow = createSpaceCheck(
		files.map((each = "") => dirname(filePath(each))),
		{
			id: "database-disk-nearly-full",
			bytes: registrationBounds.freeSpace.is,
			whenFull:
				"new registrations are refused until there is room. What is registered goes on to work, and may be renewed.",
			whenRoom: "new registrations are taken.",
		},
		{ log },
	);
	let away: DatabaseAway | undefined;
	const primary = await openDatabase(options).catch(async (error: unknown): Promise<OpenDatabase> => {
		if (file === undefined || !(error instanceof DatabaseAway)) throw error;
		away = error;
		const client = await connect(options);
		return { client, db: drizzle(client) };
	});
	const id = away ? note.id : await ensureId(primary.db);
	// An HTTP process makes no files.
	if (id !== undefined && role !== "http") await noteDatabase(dataDir, id);
	if (file === undefined) {
		const isSame = createIdCheck(primary.db, id);
		const path = url.startsWith("file:") ? filePath(url) : undefined;
		const isThere = path === undefined ? () => {} : stillThere(path);
		const kept = path === undefined ? undefined : createKeptQueries(path, { requireThere: isThere });
		const check = async () => {
			isThere();
			await isSame();
		};
		const close = () => {
			kept?.close();
			primary.client.close();
		};
		const { db } = primary;
		const keep = kept?.keep;
		const nearby = { nearby: db, paceNearby: pace, replica: undefined };
		return { ...primary, ...nearby, facts: db, id, check, pause, pace, turn, keep, mayGrow, close };
	}
	const job = { url: file, syncUrl: url, ...(authToken !== undefined && { authToken }) };
	const replica = await openReplica({ job, command: [...COMMAND, SYNC_REPLICA], away, log });
	const replicaId = away && (await idOf(replica.db));
	note.checkReplica(replicaId);
	if (away)
		log.warn(
			"{reason} Reveille starts with its replica.",
			about("database-away-at-start", { reason: away.message }),
		);
	return {
		...primary,
		nearby: replica.db,
		paceNearby: PACE_OF_FILE,
		replica,
		facts: away ? await copyOfFacts(replica.db) : primary.db,
		id: id ?? replicaId,
		check: createIdCheck(primary.db, id ?? replicaId),
		pause,
		pace,
		turn,
		keep: undefined,
		mayGrow,
		close() {
			replica.stop();
			primary.client.close();
		},
	};
}

/** A replica cannot be written: what a start notes now is left to one that finds the primary. */
async function copyOfFacts(replica: LibSQLDatabase): Promise<LibSQLDatabase> {
	const client = createClient({ url: ":memory:" });
	await client.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
	const copy = drizzle(client);
	await copy.insert(facts).values(await replica.select().from(facts));
	return copy;
}
