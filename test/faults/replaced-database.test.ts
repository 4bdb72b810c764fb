/**
 * A database that lost its data, or that another took the place of: every registration is unknown there, and nobody
 * may be told so, or his server drops it.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { openDatabase } from "../../src/bun/database/open.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWire } from "./wire.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

function folder(): string {
	const made = temporaryFolder("replaced");
	ends.push(() => made.remove());
	return made.path;
}

async function sqld(): Promise<Sqld> {
	const started = await startSqld();
	ends.push(() => started.stop());
	return started;
}

/** A process with one registration. */
async function scene(url: string) {
	const service = startWebPushServer();
	ends.push(() => service.stop());
	const wire = await startWire({ DATABASE_URL: url });
	ends.push(() => wire.stop());
	const key = await wire.reveille.vapidPublicKey();
	const { subscription } = service.createSubscription({ applicationServerKey: key });
	return { ...wire, service, target: await wire.register({ subscription }) };
}

async function tablesOf(url: string): Promise<number> {
	const client = createClient({ url });
	const { rows } = await client.execute("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'");
	client.close();
	return Number(rows[0]?.n);
}

describe("a start", () => {
	test("without the file of registrations that was there before is refused, and makes none", async () => {
		const path = join(folder(), "shared.db");
		const { reveille } = await scene(`file:${path}`);
		const note = join(reveille.dataFolder, "database-id");
		expect(statSync(note).mode & 0o777).toBe(0o600);
		await reveille.halt();
		for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
		await expect(reveille.start()).rejects.toThrow(
			`The database ${path} is not there any more: all registrations would be unknown`,
		);
		expect(existsSync(path)).toBe(false);
		expect(reveille.log()).toContain(
			`If a new one was meant, with every device registering again, remove ${note}.`,
		);
		rmSync(note);
		await reveille.start();
		expect(readFileSync(note, "utf8")).toMatch(/^[0-9a-f-]{36}\n$/);
	}, 30_000);

	test("with a server's database that is empty is refused, and leaves it so; with its copy elsewhere it is not", async () => {
		const [first, emptied] = [await sqld(), await sqld()];
		const { reveille, target } = await scene(first.httpUrl);
		await reveille.halt();
		const data = reveille.dataFolder;
		const elsewhere = (url: string) => startWire({ DATABASE_URL: url, DATA_DIR: data });
		await expect(elsewhere(emptied.httpUrl)).rejects.toThrow("is empty, or has lost what it had");
		expect(await tablesOf(emptied.httpUrl)).toBe(0);

		const other = await openDatabase({ url: emptied.httpUrl, migrations: "shared" });
		await other.client.execute("INSERT INTO facts VALUES ('database-id', 'another')");
		await expect(elsewhere(emptied.httpUrl)).rejects.toThrow(
			"is another one than this data folder belongs to",
		);

		const rowsOf = async (url: string, table: string) => {
			const client = createClient({ url });
			const { rows, columns } = await client.execute(`SELECT * FROM ${table}`);
			client.close();
			return rows.map((row) => ({
				sql: `INSERT INTO ${table} VALUES (${columns.map(() => "?")})`,
				args: Object.values(row),
			}));
		};
		await other.client.execute("DELETE FROM facts");
		for (const table of ["facts", "registrations"])
			await other.client.batch(await rowsOf(first.httpUrl, table), "write");
		other.client.close();
		const moved = await elsewhere(emptied.httpUrl);
		ends.push(() => moved.stop());
		expect(await moved.publish(target)).toMatchObject({ said: "done" });
	}, 60_000);

	test("of an import is refused as well", async () => {
		const path = join(folder(), "shared.db");
		const { reveille } = await scene(`file:${path}`);
		await reveille.halt();
		const csv = join(folder(), "some.csv");
		writeFileSync(csv, "node,secret,app,token\n");
		rmSync(path);
		const child = Bun.spawnSync([process.execPath, "src/main.ts", "import", "csv", csv], {
			cwd: join(import.meta.dir, "../.."),
			env: { PATH: process.env.PATH, DATA_DIR: reveille.dataFolder, DATABASE_URL: `file:${path}` },
		});
		expect(child.stderr.toString()).toContain("is not there any more");
		expect(child.exitCode).toBe(1);
	}, 30_000);

	test("with a database and a folder of an older version notes which it is, and with a restored copy of both works", async () => {
		const path = join(folder(), "shared.db");
		const { reveille, publish, target } = await scene(`file:${path}`);
		const note = join(reveille.dataFolder, "database-id");
		await reveille.halt();
		// What an older version leaves behind.
		rmSync(note);
		const client = createClient({ url: `file:${path}` });
		await client.execute("DELETE FROM facts WHERE name = 'database-id'");
		client.close();
		await reveille.start();
		await reveille.untilReady();
		expect(existsSync(note)).toBe(true);
		await reveille.halt();
		const kept = folder();
		cpSync(path, join(kept, "copy.db"));
		rmSync(path);
		cpSync(join(kept, "copy.db"), path);
		await reveille.start();
		await reveille.untilReady();
		expect(await publish(target)).toMatchObject({ said: "done" });
	}, 30_000);
});

describe("while the process runs", () => {
	test("a server that lost its volume makes publishes wait, also once another process has made its tables", async () => {
		const server = await sqld();
		const { reveille, publish, target } = await scene(server.httpUrl);
		expect(await publish(target)).toMatchObject({ said: "done" });
		await server.loseData();
		expect((await publish(target)).said).toBe("wait internal-server-error");

		const other = await openDatabase({ url: server.httpUrl, migrations: "shared" });
		other.client.close();
		expect((await publish(target)).said).toBe("wait internal-server-error");
		await reveille.untilLogged("The database is not the one that this process began with");
		const ready = await fetch(`${reveille.url}/ready`);
		expect(ready.status).toBe(503);
		expect(await ready.text()).toContain("Restore its backup");
		const found = await reveille.api("GET", `/registrations/${target.node}`, target.deviceSecret);
		expect(found.status).toBe(503);

		await server.restoreData();
		await reveille.untilReady();
		expect(await publish(target)).toMatchObject({ said: "done" });
	}, 60_000);
});
