/** A real embedded libSQL database in a folder of its own, with the committed schema, for tests. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import type { Database } from "../src/store/registrations/registrations.ts";

const MIGRATIONS = join(import.meta.dir, "../drizzle/shared");

export interface TestDatabase {
	db: Database;
	client: Client;
	close(): Promise<void>;
}

/** Opens an empty database with the shared schema. `close` removes it. */
export async function openTestDatabase(): Promise<TestDatabase> {
	const folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	const client = createClient({ url: `file:${join(folder, "shared.db")}`, concurrency: 1 });
	const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
	for (const file of files) {
		const text = await readFile(join(MIGRATIONS, file), "utf8");
		for (const statement of text.split("--> statement-breakpoint")) await client.execute(statement);
	}
	return {
		db: drizzle(client),
		client,
		async close() {
			client.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
