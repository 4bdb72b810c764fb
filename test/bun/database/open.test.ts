import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@libsql/client";
import { type DatabaseOptions, filePath, openDatabase } from "../../../src/bun/database/open.ts";
import { StartError } from "../../../src/bun/start-error.ts";

let folder: string;
const cleanups: (() => void)[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
});
afterEach(() => {
	for (const cleanup of cleanups.splice(0).reverse()) cleanup();
	rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => `file:${join(folder, name)}`;

async function open(options: Partial<DatabaseOptions> & { url: string }) {
	const opened = await openDatabase({ migrations: "shared", ...options });
	cleanups.push(() => opened.client.close());
	return opened;
}

async function refusal(options: Partial<DatabaseOptions> & { url: string }): Promise<string> {
	const error = await open(options).then(
		() => new Error("it was opened"),
		(thrown: Error) => thrown,
	);
	expect(error).toBeInstanceOf(StartError);
	return error.message;
}

/** Permission bits do not bind the superuser: it gives up the right to overrule them. */
const BOUND = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

/** Opens a database in a process of its own, and tells what that said. */
function inAnotherProcess(
	options: Partial<DatabaseOptions> & { hold?: boolean; meetings?: (readonly [url: string, at: number])[] },
	prefix: string[] = [],
) {
	const script = join(import.meta.dir, "open-database.ts");
	const child = Bun.spawn(
		[...prefix, process.execPath, script, JSON.stringify({ migrations: "shared", ...options })],
		{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
	);
	cleanups.push(() => child.kill("SIGKILL"));
	const reader = child.stdout.getReader();
	const said = reader.read().then(({ value }) => new TextDecoder().decode(value).trim());
	return { child, said };
}

describe("a database that is a file", () => {
	test("is made with its folder, and its schema brought up to date", async () => {
		const { client } = await open({ url: at("new/folder/reveille.db") });
		const { rows } = await client.execute("SELECT count(*) AS n FROM registrations");
		expect(rows[0]?.n).toBe(0);
		expect((await client.execute("PRAGMA journal_mode")).rows[0]?.journal_mode).toBe("wal");
	});

	test("keeps what is in it when it is opened again: no migration is applied twice", async () => {
		const first = await open({ url: at("x.db") });
		await first.client.execute("INSERT INTO facts VALUES ('a', 'b')");
		const applied = async () => (await first.client.execute("SELECT * FROM migrations")).rows.length;
		const before = await applied();
		const second = await open({ url: at("x.db") });
		expect((await second.client.execute("SELECT value FROM facts")).rows[0]?.value).toBe("b");
		expect(before).toBeGreaterThan(0);
		expect(await applied()).toBe(before);
	});

	test("survives the end of the process, and with `full` a power loss", async () => {
		const synchronous = async (sync: "normal" | "full") =>
			(await (await open({ url: at(`${sync}.db`), sync })).client.execute("PRAGMA synchronous")).rows[0]
				?.synchronous;
		expect(await synchronous("normal")).toBe(1);
		expect(await synchronous("full")).toBe(2);
	});

	test("is one file, however its URL says it", () => {
		expect(filePath("file:data/x.db")).toBe("data/x.db");
		expect(filePath("file:/var/x.db")).toBe("/var/x.db");
		expect(filePath("file:///var/a%20b.db")).toBe("/var/a b.db");
	});

	test("is taken by one connector alone: another is refused at once, and disturbs nothing", async () => {
		const first = await open({ url: at("outbox.db"), exclusive: true, migrations: "outbox" });
		const { said } = inAnotherProcess({ url: at("outbox.db"), exclusive: true, migrations: "outbox" });
		expect(await said).toBe(
			`StartError: ${join(folder, "outbox.db")} is in use by another Reveille: stop it, or give this one its own DATA_DIR.`,
		);
		await first.client.execute("DELETE FROM outbox");
	});

	test("is free again when its connector was killed", async () => {
		const options = { url: at("outbox.db"), exclusive: true, migrations: "outbox" } as const;
		const { child, said } = inAnotherProcess({ ...options, hold: true });
		expect(await said).toBe("opened");
		expect(await refusal(options)).toContain("in use by another Reveille");
		child.kill("SIGKILL");
		await child.exited;
		await open(options);
	});

	test("is migrated once by two that look at the same moment and both find it empty", async () => {
		const opened = await Promise.all([1, 2, 3].map(() => open({ url: at("shared.db") })));
		for (const { client } of opened) await client.execute("SELECT * FROM facts");
	});

	test("is migrated once by processes that start at the same time", async () => {
		// The processes are ready by then, so that they meet at each file and not at the interpreter's start.
		const first = Date.now() + 1_000;
		const meetings = Array.from({ length: 24 }, (_, n) => [at(`shared-${n}.db`), first + 40 * n] as const);
		const starts = Array.from({ length: 4 }, () => inAnotherProcess({ meetings }));
		expect(await Promise.all(starts.map(({ said }) => said))).toEqual(Array(4).fill("opened"));
		const { client } = await open({ url: at("shared-0.db") });
		const { rows } = await client.execute(
			"SELECT count(*) AS all_of, count(DISTINCT hash) AS different FROM migrations",
		);
		expect(rows[0]?.all_of).toBe(rows[0]?.different as number);
	}, 20_000);

	describe("that another process has locked for a while", () => {
		const insert = "INSERT INTO facts VALUES ('a', 'b')";
		const another = "INSERT INTO facts VALUES ('c', 'd')";

		test.each<[string, (client: Client) => Promise<unknown>]>([
			["statements", (client) => Promise.all([client.execute(insert), client.execute(another)])],
			["a batch", (client) => client.batch([insert, another], "write")],
			[
				"a transaction",
				async (client) => {
					const transaction = await client.transaction();
					await transaction.execute(insert);
					await transaction.execute(another);
					await transaction.commit();
				},
			],
		])("waits with %s, and keeps what was written", async (_, write) => {
			const { client } = await open({ url: at("reveille.db") });
			const other = createClient({ url: at("reveille.db"), concurrency: 1, timeout: 5 });
			cleanups.push(() => other.close());
			const lock = await other.transaction();
			const written = write(client);
			// Much longer than SQLite itself waits here; meanwhile it can be read.
			await Bun.sleep(40);
			expect((await client.execute("SELECT * FROM facts")).rows).toEqual([]);
			await lock.rollback();
			await written;
			// Committed, which nobody but another connection can tell.
			expect((await other.execute("SELECT * FROM facts")).rows).toHaveLength(2);
			await other.execute("INSERT INTO facts VALUES ('e', 'f')");
			expect((await client.execute("PRAGMA synchronous")).rows[0]?.synchronous).toBe(1);
		});

		test("waits where nothing can be read either, as while another makes the file or mends it", async () => {
			// In a process of its own: what a connection has locked here is free only once it is garbage to the driver.
			const { child, said } = inAnotherProcess({ url: at("reveille.db"), exclusive: true, hold: true });
			expect(await said).toBe("opened");
			const opening = open({ url: at("reveille.db"), sync: "full" });
			let isOpen = false;
			void opening.then(() => {
				isOpen = true;
			});
			await Bun.sleep(100);
			expect(isOpen).toBe(false);
			child.kill("SIGKILL");
			const { client } = await opening;
			await client.execute(insert);
			expect((await client.execute("PRAGMA synchronous")).rows[0]?.synchronous).toBe(2);
		});
	});
});

describe("a database that cannot be used says why, and what to do", () => {
	test.each([
		["shared", false],
		["outbox", true],
	] as const)(
		"a file that may only be read (%s)",
		async (migrations, exclusive) => {
			const options = { url: at("d/x.db"), migrations, exclusive } as const;
			const { child, said } = inAnotherProcess(options);
			expect(await said).toBe("opened");
			await child.exited;
			chmodSync(join(folder, "d/x.db"), 0o400);
			chmodSync(join(folder, "d"), 0o500);
			cleanups.push(() => chmodSync(join(folder, "d"), 0o700));
			expect(await inAnotherProcess(options, BOUND).said).toContain(
				`${join(folder, "d/x.db")} cannot be written: give this user the right`,
			);
		},
		20_000,
	);

	test("a folder that may only be read, or a file that may not", async () => {
		mkdirSync(join(folder, "d"), { mode: 0o500 });
		cleanups.push(() => chmodSync(join(folder, "d"), 0o700));
		expect(await inAnotherProcess({ url: at("d/x.db") }, BOUND).said).toContain("may this user write there?");
		expect(await inAnotherProcess({ url: at("d/e/x.db") }, BOUND).said).toContain("cannot be written");
		writeFileSync(join(folder, "x.db"), "", { mode: 0o000 });
		expect(await inAnotherProcess({ url: at("x.db") }, BOUND).said).toContain("cannot be opened");
	}, 20_000);

	test("a folder that is a file, and a file that is a folder", async () => {
		writeFileSync(join(folder, "file"), "");
		expect(await refusal({ url: at("file/x.db") })).toContain("cannot be opened: does its folder exist");
		mkdirSync(join(folder, "folder"));
		expect(await refusal({ url: at("folder") })).toContain("cannot be opened");
	});

	test("a file that is no database", async () => {
		writeFileSync(join(folder, "x.db"), "Where art thou? ".repeat(1000));
		expect(await refusal({ url: at("x.db") })).toBe(
			`${join(folder, "x.db")} is no intact SQLite database: restore it from a backup, or move it away to begin anew.`,
		);
	});

	test("a URL that names a host where a path was meant", async () => {
		expect(await refusal({ url: "file://data/x.db" })).toContain(
			"write file:data/x.db, or file:///data/x.db",
		);
	});

	test("a disk that is full, and works as soon as there is room", async () => {
		const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
		if (mounted.exitCode !== 0) throw new Error(`This test mounts a small disk, as root: ${mounted.stderr}`);
		cleanups.push(() => {
			// The driver keeps a closed file open until its statements are collected.
			Bun.gc(true);
			Bun.spawnSync(["umount", "--lazy", folder]);
		});
		Bun.spawnSync(["dd", "if=/dev/zero", `of=${join(folder, "ballast")}`, "bs=4096"]);
		expect(await refusal({ url: at("x.db") })).toBe(
			`The disk of ${join(folder, "x.db")} is full: make room on it.`,
		);
		expect(await refusal({ url: at("d/x.db") })).toContain("is full: make room on it.");
		rmSync(join(folder, "ballast"));
		await open({ url: at("x.db") });
	});

	test("a server that is not there, without its password or token", async () => {
		for (const url of ["http://user:sesame@127.0.0.1:9", "http://127.0.0.1:9?authToken=sesame"]) {
			const message = await refusal({ url, authToken: "sesame" });
			expect(message).toContain("127.0.0.1:9");
			expect(message).not.toContain("sesame");
		}
	});

	test.each([401, 403])("a server that answers %i: which setting it is about", async (status) => {
		const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no", { status }) });
		cleanups.push(() => void server.stop(true));
		expect(await refusal({ url: `http://127.0.0.1:${server.port}` })).toStartWith(
			`The database 127.0.0.1:${server.port} refuses DATABASE_AUTH_TOKEN, or wants one`,
		);
	});

	test("and leaves nothing half made behind: the next start does not stumble over it", async () => {
		const inTheWay = createClient({ url: at("x.db") });
		cleanups.push(() => inTheWay.close());
		await inTheWay.execute("CREATE TABLE statistics (a)");
		expect(await refusal({ url: at("x.db") })).toContain("statistics");
		const { rows } = await inTheWay.execute("SELECT name FROM sqlite_master WHERE type = 'table'");
		expect(rows.map(({ name }) => name).sort()).toEqual(["migrations", "statistics"]);
		await inTheWay.execute("DROP TABLE statistics");
		await open({ url: at("x.db") });
	});
});
