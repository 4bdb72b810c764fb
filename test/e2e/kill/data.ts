/** What a killed process left on disk. */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../peers/folder.ts";
import type { Waiting } from "./ledger.ts";

/** Reads a copy: whoever opens a database after a crash mends it, and that is the next process's part. */
function readCopy<Row>(file: string, query: string): Row[] {
	if (!existsSync(file)) return [];
	const folder = temporaryFolder("copy");
	try {
		const copy = join(folder.path, "copy.db");
		for (const part of ["", "-wal"]) {
			if (existsSync(`${file}${part}`)) copyFileSync(`${file}${part}`, `${copy}${part}`);
		}
		const database = new Database(copy);
		try {
			return database.query<Row, []>(query).all();
		} finally {
			database.close();
		}
	} finally {
		folder.remove();
	}
}

/** What waits in the outbox. */
export const waitingIn = (dataFolder: string): Waiting[] =>
	readCopy<Waiting>(
		join(dataFolder, "outbox.db"),
		"SELECT node, class, notification ->> 'count' AS count, due_at AS dueAt FROM outbox",
	);

/** The nodes of all registrations. */
export const registeredIn = (dataFolder: string): Set<string> =>
	new Set(
		readCopy<{ node: string }>(join(dataFolder, "reveille.db"), "SELECT node FROM registrations").map(
			({ node }) => node,
		),
	);

/** Makes all that waits due at once, so that nobody has to wait for it. */
export function hasten(dataFolder: string): void {
	const database = new Database(join(dataFolder, "outbox.db"), { readwrite: true, create: false });
	try {
		database.run("UPDATE outbox SET due_at = min(due_at, ?)", [Date.now()]);
	} finally {
		database.close();
	}
}
