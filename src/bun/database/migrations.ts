/** The generated SQL of `drizzle/`, as it is applied. The compiled binary carries what this reads: build/binary.ts. */
import { fileURLToPath } from "node:url";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";

/** A folder below `drizzle/`, which makes one kind of database. */
export type MigrationFolder = "shared" | "outbox";

/** @returns the folder's migrations in their order */
export function migrationsOf(folder: MigrationFolder): MigrationMeta[] {
	return readMigrationFiles({
		migrationsFolder: fileURLToPath(new URL(`../../../drizzle/${folder}`, import.meta.url)),
	});
}
