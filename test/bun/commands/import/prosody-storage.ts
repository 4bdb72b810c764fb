/** Prosody's storage with registrations in it: the internal one written by Prosody's own code. */
import { Database } from "bun:sqlite";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MissingPeer } from "../../../peers/missing-peer.ts";

/** What mod_push_appserver keeps of a node; `undefined` says that it ended. */
export type Stored = Record<string, string> | undefined;

const LIBRARY = "/usr/lib/prosody";

/** Saves each argument triple host, node, JSON through util.datamanager, as mod_storage_internal does. */
const SCRIPT = `
package.path = "${LIBRARY}/?.lua;"..package.path;
package.cpath = "${LIBRARY}/?.so;"..package.cpath;
local datamanager = require "util.datamanager";
local json = require "util.json";
datamanager.set_data_path(arg[1]);
for line in io.lines(arg[2]) do
	local entry = json.decode(line);
	assert(datamanager.store(entry.node, entry.host, "push_appserver", entry.data));
end`;

/** @throws {MissingPeer} where Prosody is not installed */
export function writeInternalStorage(
	folder: string,
	stored: readonly { host: string; node: string; data?: Stored }[],
): void {
	const lua = Bun.which("lua5.4") ?? Bun.which("lua");
	if (!lua || !existsSync(`${LIBRARY}/util/datamanager.lua`)) throw new MissingPeer("Prosody", ["prosody"]);
	const [script, entries] = [join(folder, "store.lua"), join(folder, "entries.json")];
	writeFileSync(script, SCRIPT);
	writeFileSync(entries, stored.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
	const { exitCode, stderr } = Bun.spawnSync([lua, script, folder, entries]);
	if (exitCode !== 0) throw new Error(`util.datamanager: ${stderr}`);
}

/** The same as mod_storage_sql has it in SQLite: its table and index, and a row for each field. */
export function writeSqliteStorage(
	path: string,
	stored: Iterable<{ host: string; node: string; data?: Stored }>,
): void {
	const db = new Database(path);
	db.run(
		`CREATE TABLE "prosody" ("host" TEXT NOT NULL, "user" TEXT NOT NULL, "store" TEXT NOT NULL, "key" TEXT NOT NULL, "type" TEXT NOT NULL, "value" TEXT NOT NULL)`,
	);
	db.run(`CREATE INDEX "prosody_index" ON "prosody" ("host", "user", "store", "key")`);
	const insert = db.prepare(`INSERT INTO "prosody" VALUES (?, ?, ?, ?, 'string', ?)`);
	db.transaction(() => {
		insert.run("example.org", "romeo", "accounts", "password", "sesame");
		for (const { host, node, data = {} } of stored) {
			for (const [key, value] of Object.entries(data)) insert.run(host, node, "push_appserver", key, value);
		}
	})();
	db.close();
}
