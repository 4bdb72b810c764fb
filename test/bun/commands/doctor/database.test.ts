/** The database of a data folder, looked at and left as it was. */
import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { lookAtDatabase } from "../../../../src/bun/commands/doctor/database.ts";
import { noteDatabase } from "../../../../src/bun/database/database-note.ts";
import { openDatabase } from "../../../../src/bun/database/open.ts";
import { parseConfig } from "../../../../src/config/config.ts";
import { createKeyring } from "../../../../src/secrets.ts";
import { ensureId } from "../../../../src/store/database-id.ts";
import { checkSecretKey } from "../../../../src/store/facts.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

const KEY = "k".repeat(40);
const folders: ReturnType<typeof temporaryFolder>[] = [];
afterAll(() => {
	for (const folder of folders) folder.remove();
});

function dataFolder(): string {
	const folder = temporaryFolder("doctor-database");
	folders.push(folder);
	return folder.path;
}

/** One that a Reveille with the key has started with. */
async function startedWith(key: string): Promise<string> {
	const path = dataFolder();
	const { db, client } = await openDatabase({ url: `file:${path}/reveille.db`, migrations: "shared" });
	await noteDatabase(path, await ensureId(db));
	await checkSecretKey(db, await createKeyring(key));
	client.close();
	return path;
}

async function look(DATA_DIR: string, SECRET_KEY = KEY): Promise<string> {
	const config = parseConfig({ DATA_DIR, SECRET_KEY });
	const findings = await lookAtDatabase({ config, found: { kind: "none" } });
	return findings.map(({ state, what, text }) => `${state} ${what}: ${text}`).join("\n");
}

test("one that was started with is well, and nothing is written", async () => {
	const path = await startedWith(KEY);
	const before = readFileSync(join(path, "reveille.db"));
	const files = readdirSync(path).toSorted();
	const said = await look(path);
	expect(said).toMatch(/ok Database: .*\nok Database id: .*\nok Schema: .*\nok SECRET_KEY: it is the one/);
	expect(readFileSync(join(path, "reveille.db")).equals(before)).toBe(true);
	expect(readdirSync(path).toSorted()).toEqual(files);
});

test("one that is not there yet is not made", async () => {
	const path = dataFolder();
	expect(await look(path)).toContain("unknown Database");
	expect(readdirSync(path)).toEqual([]);
});

test("another key is bad, and the old one beside a new one is well", async () => {
	const path = await startedWith(KEY);
	const other = "o".repeat(40);
	expect(await look(path, other)).toContain("bad SECRET_KEY");
	const config = parseConfig({ DATA_DIR: path, SECRET_KEY: other, SECRET_KEY_OLD: KEY });
	const findings = await lookAtDatabase({ config, found: { kind: "none" } });
	expect(findings.find(({ what }) => what === "SECRET_KEY")?.state).toBe("ok");
});

test("another database than the folder's, one that is lost, and one that is damaged are bad", async () => {
	const path = await startedWith(KEY);
	writeFileSync(join(path, "database-id"), "another\n", { mode: 0o600 });
	expect(await look(path)).toContain("bad Database id");
	const lost = dataFolder();
	writeFileSync(join(lost, "database-id"), "an-id\n", { mode: 0o600 });
	expect(await look(lost)).toContain("is not there any more");
	const damaged = dataFolder();
	writeFileSync(join(damaged, "reveille.db"), "no database at all, but a text of some length".repeat(100));
	expect(await look(damaged)).toContain("no intact SQLite database");
});

test("one of an older version is told", async () => {
	const path = await startedWith(KEY);
	const client = createClient({ url: `file:${path}/reveille.db` });
	await client.execute("DELETE FROM migrations WHERE hash = (SELECT hash FROM migrations LIMIT 1)");
	client.close();
	expect(await look(path)).toMatch(/warn Schema: it is of an older version, and lacks 1 of/);
});

test("one over the network that is away is bad", async () => {
	const config = parseConfig({ DATABASE_URL: "http://127.0.0.1:1", SECRET_KEY: KEY, DATA_DIR: dataFolder() });
	const [finding] = await lookAtDatabase({ config, found: { kind: "none" } });
	expect(finding).toMatchObject({ state: "bad", text: expect.stringContaining("does not answer") });
});
