/** An SQLite file whose columns hold what Prosody never writes: SQLite itself takes anything anywhere. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openSqliteStore } from "../../../../src/bun/commands/import/prosody-sqlite.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

test("a row that is not of texts leaves its own node out, and no other", () => {
	const folder = temporaryFolder("sqlite");
	try {
		const path = join(folder.path, "prosody.sqlite");
		const db = new Database(path);
		db.run(`CREATE TABLE "prosody" ("host", "user", "store", "key", "type", "value")`);
		const insert = db.prepare(
			`INSERT INTO "prosody" VALUES ('push.example', ?, 'push_appserver', ?, 'string', ?)`,
		);
		for (const cells of [
			[null, "secret", "s"],
			["device-1", "secret", new Uint8Array([1])],
			["device-1", "token", "t"],
			["device-2", "secret", "s"],
			["device-2", "token", "t"],
			["device-3", null, 5],
		] as const)
			insert.run(...cells);
		db.close();
		const store = openSqliteStore(path);
		const unfit = "its rows are not as Prosody writes them";
		expect([...store.read("push.example")]).toMatchObject([
			{ fields: {}, unfit },
			{ at: "devi…", fields: {}, unfit },
			{ fields: { node: "device-2", secret: "s", token: "t" } },
			{ at: "devi…", fields: {}, unfit },
		]);
		store.close();
	} finally {
		folder.remove();
	}
});
