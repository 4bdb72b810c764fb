/** A database of a test's own that waits for no disk: it is written to with every other case. */
import { openTestDatabase, type TestDatabase } from "../database.ts";

export async function openQuickDatabase(): Promise<TestDatabase> {
	return quick(await openTestDatabase());
}

export async function quick<Opened extends Pick<TestDatabase, "client">>(database: Opened): Promise<Opened> {
	for (const pragma of ["synchronous = OFF", "journal_mode = WAL"])
		await database.client.execute(`PRAGMA ${pragma}`);
	return database;
}
