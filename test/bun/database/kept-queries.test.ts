/** Queries that stay prepared answer as the client does, whatever is written beside them, and stand in nobody's way. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createKeptQueries, type KeptQueries } from "../../../src/bun/database/kept-queries.ts";
import { type OpenDatabase, openDatabase } from "../../../src/bun/database/open.ts";
import { stillThere } from "../../../src/bun/database/replaced-file.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { type TemporaryFolder, temporaryFolder } from "../../peers/folder.ts";

const VALUE = "SELECT value FROM facts WHERE name = ?";

let folder: TemporaryFolder;
let path: string;
let database: OpenDatabase;
let kept: KeptQueries;
let now: number;
beforeEach(async () => {
	folder = temporaryFolder("kept-queries");
	path = join(folder.path, "shared.db");
	database = await openDatabase({ url: `file:${path}`, migrations: "shared" });
	now = 0;
	kept = createKeptQueries(path, { requireThere: stillThere(path), now: () => now });
});
afterEach(() => {
	kept.close();
	database.client.close();
	folder.remove();
});

/** At least as long as a failure is rested after. */
const REST_MS = 10_000;

/** Files of the database that this process has open. */
const openFiles = () =>
	readdirSync("/proc/self/fd")
		.map((descriptor) => {
			try {
				return readlinkSync(join("/proc/self/fd", descriptor));
			} catch {
				return "";
			}
		})
		.filter((file) => file.startsWith(path)).length;

const set = (value: string) =>
	database.client.execute({ sql: "INSERT OR REPLACE INTO facts VALUES ('moon', ?)", args: [value] });

test("a query that stays prepared reads what was committed since", async () => {
	const ask = kept.keep(VALUE);
	await set("full");
	expect(ask("moon")).toBe("full");
	await set("new");
	expect(ask("moon")).toBe("new");
	expect(ask("sun")).toBeUndefined();
});

test("between two questions it holds no lock: the log can be put into the file", async () => {
	await set("full");
	expect(kept.keep(VALUE)("moon")).toBe("full");
	await set("new");
	const { rows } = await database.client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
	expect(rows[0]?.busy).toBe(0);
});

test("it goes on where the table was changed", async () => {
	const ask = kept.keep(VALUE);
	await set("full");
	expect(ask("moon")).toBe("full");
	await database.client.execute("ALTER TABLE facts ADD COLUMN seen INTEGER");
	expect(ask("moon")).toBe("full");
});

test("what cannot be asked says nothing, and can be asked later", async () => {
	const ask = kept.keep("SELECT value FROM later WHERE name = ?");
	expect(ask("moon")).toBeUndefined();
	await database.client.batch([
		"CREATE TABLE later (name TEXT, value TEXT)",
		"INSERT INTO later VALUES ('moon', 'full')",
	]);
	now += REST_MS;
	expect(ask("moon")).toBe("full");
	await database.client.execute("DROP TABLE later");
	expect(ask("moon")).toBeUndefined();
});

test.if(existsSync("/proc/self/fd"))("what fails each time opens no file each time", async () => {
	const [ask, fail] = [kept.keep(VALUE), kept.keep("SELECT json_extract(?, '$')")];
	await set("full");
	expect(ask("moon")).toBe("full");
	const before = openFiles();
	expect(before).toBeGreaterThan(0);
	for (let time = 0; time < 50; time++) {
		expect(fail("no JSON")).toBeUndefined();
		expect(ask("moon")).toBeUndefined();
	}
	expect(openFiles()).toBeLessThanOrEqual(before);
	now += REST_MS;
	expect(ask("moon")).toBe("full");
	expect(fail("[1]")).toBe("[1]");
});

test("a file that was taken away is not made anew, and one in its place not read", async () => {
	await set("full");
	for (const end of ["", "-wal", "-shm"]) rmSync(path + end);
	const ask = kept.keep(VALUE);
	expect(ask("moon")).toBeUndefined();
	expect(existsSync(path)).toBe(false);
	const other = await openDatabase({ url: `file:${path}`, migrations: "shared" });
	await other.client.execute("INSERT INTO facts VALUES ('moon', 'new')");
	now += REST_MS;
	expect(ask("moon")).toBeUndefined();
	other.client.close();
});

test("once it is closed it says nothing", async () => {
	const ask = kept.keep(VALUE);
	await set("full");
	expect(ask("moon")).toBe("full");
	kept.close();
	expect(ask("moon")).toBeUndefined();
});

test("registrations are looked up by it, and by the client where it says nothing", async () => {
	const asked: string[] = [];
	let isThere = true;
	const registrations = createRegistrations(
		database.db,
		{ owner: 9, address: 9, host: 9 },
		{
			turn: async () => {},
			keep(query) {
				const ask = kept.keep(query);
				return (nodes) => {
					asked.push(nodes);
					return isThere ? ask(nodes) : undefined;
				};
			},
		},
	);
	const wanted = { owner: "a@example.org", app: "fcm", device: "d", token: "t" };
	const registered = await registrations.register(wanted, () => "node-1");
	if (registered.kind === "over-quota") throw new Error("over quota");
	const found = await Promise.all([registrations.find("node-1"), registrations.findAtPrimary("node-2")]);
	expect(found).toEqual([registered.registration, undefined]);
	expect(asked).toEqual(['["node-1","node-2"]']);
	isThere = false;
	expect(await registrations.find("node-1")).toEqual(registered.registration);
});
