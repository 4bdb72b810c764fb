/** The replica against a real libSQL server: what it has, how old it is, and what it does while the server is away. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "@libsql/client";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { connect, DatabaseAway, openDatabase } from "../../../src/bun/database/open.ts";
import { openReplica, type Replica, type ReplicaOptions } from "../../../src/bun/database/replica.ts";
import { StartError } from "../../../src/bun/start-error.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";
import { type TemporaryFolder, temporaryFolder } from "../../peers/folder.ts";
import { PATIENCE_MS } from "../../peers/patience.ts";
import { familyOf } from "../../peers/process-table.ts";
import { type Sqld, startSqld } from "../../peers/sqld.ts";

const COMMAND = [process.execPath, join(import.meta.dir, "../../../src/main.ts"), "sync-replica"];
const TIMING = { every: 20, hanging: 5_000, first: 1_000, old: 60_000 };
const IMPATIENT = { hanging: 800 };

let primary: Sqld;
let client: Client;
let folder: TemporaryFolder;
let logged: ReturnType<typeof readableLog>;
const cleanups: (() => unknown)[] = [];

/** A server with the schema. */
async function openPrimary(): Promise<void> {
	primary = await startSqld();
	({ client } = await openDatabase({ url: primary.httpUrl, migrations: "shared" }));
}
beforeAll(openPrimary, 30_000);
afterAll(() => primary?.stop(), 30_000);
beforeEach(() => {
	folder = temporaryFolder("replica");
	logged = readableLog();
});
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	folder.remove();
});

const file = () => join(folder.path, "replica.db");

async function open(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
	const replica = await openReplica({
		job: { url: `file:${file()}`, syncUrl: primary.httpUrl },
		command: COMMAND,
		log: logged.log,
		...options,
		timing: { ...TIMING, ...options.timing },
	});
	cleanups.push(replica.stop);
	return replica;
}

/**
 * One that soon takes a sync for hanging, which a process that is only starting would be on a busy machine. So it is
 * made patiently, opened again, and synced before it is given.
 */
async function openImpatiently(timing: Partial<typeof TIMING> = {}): Promise<Replica> {
	(await open()).stop();
	const openedAt = Date.now();
	const replica = await open({ timing: { ...IMPATIENT, ...timing } });
	await becomes(() => replica.freshAt() >= openedAt);
	return replica;
}

async function refusal(options: Partial<ReplicaOptions> = {}): Promise<string> {
	const error = await open(options).then(
		() => new Error("it was opened"),
		(thrown: Error) => thrown,
	);
	expect(error).toBeInstanceOf(StartError);
	return error.message;
}

/** What the primary's not answering is, as the start finds it. */
const away = () =>
	openDatabase({ url: primary.httpUrl, migrations: "shared", deadlineMs: 300 }).then(
		() => undefined,
		(error: Error) => error,
	);

let facts = 0;
/** Writes a new fact at the primary. @returns its name */
async function write(): Promise<string> {
	const name = `fact ${++facts}`;
	await client.execute({ sql: "INSERT INTO facts VALUES (?, ?)", args: [name, "here"] });
	return name;
}

async function has({ db }: Replica, name: string): Promise<boolean> {
	return (
		(await db.$client.execute({ sql: "SELECT 1 FROM facts WHERE name = ?", args: [name] })).rows.length > 0
	);
}

/** A sync tells nobody that it was done; this is how finely it is measured. */
async function becomes(isTrue: () => boolean | Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
	const deadline = Date.now() + timeoutMs;
	while (!(await isTrue())) {
		if (Date.now() > deadline) throw new Error("it did not become true");
		await Bun.sleep(5);
	}
}

/** The processes that sync for us. */
function syncers(): number[] {
	return familyOf(process.pid)
		.map(({ pid }) => pid)
		.filter((pid) => {
			const path = `/proc/${pid}/cmdline`;
			return existsSync(path) && readFileSync(path, "utf8").includes("sync-replica");
		});
}

describe("a replica", () => {
	test("has what the primary has, and a moment later what is written there", async () => {
		const before = await write();
		const replica = await open();
		expect(await has(replica, before)).toBe(true);
		const after = await write();
		await becomes(() => has(replica, after));
	});

	test("is as fresh as its last sync, whether there was something new or not", async () => {
		const before = Date.now();
		const replica = await open();
		const opened = replica.freshAt();
		expect(opened).toBeWithin(before, Date.now() + 1);
		await becomes(() => replica.freshAt() > opened);
		expect(replica.failures()).toBe(0);
	});

	test("cannot be written: what is written by mistake would be spoilt", async () => {
		const { db } = await open();
		await expect(db.$client.execute("INSERT INTO facts VALUES ('a', 'b')")).rejects.toThrow("readonly");
	});

	test("shows no half of what is written at once", async () => {
		const replica = await open();
		let isWriting = true;
		const writing = (async () => {
			for (let i = 0; i < 40; i++) {
				const sql = "INSERT INTO statistics VALUES (?, ?, 'delivered', 1)";
				await client.batch(
					Array.from({ length: 50 }, (_, row) => ({ sql, args: [i, `app ${row}`] })),
					"write",
				);
			}
			isWriting = false;
		})();
		const count = async () =>
			Number((await replica.db.$client.execute("SELECT count(*) AS n FROM statistics")).rows[0]?.n);
		const counts = new Set<number>();
		while (isWriting) {
			counts.add(await count());
			await Bun.sleep(1);
		}
		await writing;
		await becomes(async () => (await count()) === 2_000);
		expect([...counts].filter((seen) => seen % 50 !== 0)).toEqual([]);
		expect(counts.size).toBeGreaterThan(1);
	}, 60_000);
});

describe("while the primary hangs", () => {
	test("nothing here is held up, the failures are counted, and the replica is read; then it catches up", async () => {
		const name = await write();
		const replica = await openImpatiently();
		const before = replica.failures();
		await primary.pause();
		cleanups.push(primary.resume);
		/** Turns that this process had while one sync after the other hung. */
		const turns = [0, 0, 0];
		const ticking = setInterval(() => {
			const failures = replica.failures() - before;
			turns[failures] = (turns[failures] ?? 0) + 1;
		}, 5);
		await becomes(() => replica.failures() >= before + 2);
		clearInterval(ticking);
		// Each hung for 800 ms: held up by it, this process would have had one.
		expect(Math.min(...turns.slice(0, 2))).toBeGreaterThan(10);
		expect(await has(replica, name)).toBe(true);
		const stale = replica.freshAt();
		primary.resume();
		const after = await write();
		await becomes(() => has(replica, after));
		await becomes(() => replica.freshAt() > stale);
	}, 60_000);

	test("a person is told once that the replica is old, and once that it is not any more", async () => {
		// More than a busy machine takes to open it, which would be an age of its own.
		const replica = await openImpatiently({ old: 3_000 });
		const warnings = () => logged.lines.filter((line) => line.startsWith("warn "));
		logged.lines.length = 0;
		await primary.pause();
		cleanups.push(primary.resume);
		await becomes(() => warnings().length > 0);
		const told = replica.failures();
		await becomes(() => replica.failures() >= told + 2);
		expect(warnings()).toHaveLength(1);
		expect(warnings()[0]).toContain("s old: {reason}");
		primary.resume();
		await becomes(() => logged.lines.includes("info The replica is up to date again. {}"));
		expect(warnings()).toHaveLength(1);
	}, 60_000);

	test("what asks it is given up at the deadline, and asked again works", async () => {
		await primary.pause();
		cleanups.push(primary.resume);
		const impatient = await connect({ url: primary.httpUrl, deadlineMs: 200 });
		await expect(impatient.execute("SELECT 1")).rejects.toThrow("timed out");
		primary.resume();
		expect((await impatient.execute("SELECT 1 AS one")).rows[0]?.one).toBe(1);
	});
});

describe("when the primary crashed", () => {
	test("the replica is read, and catches up with it once it is back", async () => {
		const name = await write();
		const replica = await open();
		await primary.kill9();
		await becomes(() => replica.failures() >= 2);
		expect(await has(replica, name)).toBe(true);
		await primary.start();
		const after = await write();
		await becomes(() => has(replica, after));
		expect(await has(replica, name)).toBe(true);
	}, 30_000);

	test("a start goes by the replica of an earlier one, and says how old it is", async () => {
		const name = await write();
		const first = await open();
		await becomes(() => has(first, name));
		first.stop();
		await primary.kill9();
		const reason = await away();
		expect(reason).toBeInstanceOf(DatabaseAway);
		const second = await open({ away: reason, timing: { old: 0 } });
		expect(await has(second, name)).toBe(true);
		expect(logged.lines.some((line) => line.startsWith("warn The replica"))).toBe(true);
		await primary.start();
		const after = await write();
		await becomes(() => has(second, after));
	}, 30_000);

	test("a start without one says what is missing, and leaves no file in the way of the next", async () => {
		await primary.kill9();
		const message = await refusal({ away: await away() });
		expect(message).toContain("does not answer: is its server running");
		expect(message).toContain(`${file()} is none`);
		expect(existsSync(file())).toBe(false);
		await primary.start();
		await open();
	}, 30_000);
});

describe("the process that syncs", () => {
	test("is started again when it is killed, in the middle of whatever", async () => {
		const replica = await open();
		for (let i = 0; i < 10; i++) {
			const name = await write();
			for (const pid of syncers()) process.kill(pid, "SIGKILL");
			await becomes(() => has(replica, name));
		}
		const { rows } = await replica.db.$client.execute("PRAGMA integrity_check");
		expect(rows[0]?.integrity_check).toBe("ok");
		expect(syncers()).toHaveLength(1);
	}, 30_000);

	test("that cannot be started costs no more than what is new, and is tried again", async () => {
		const name = await write();
		const bun = join(folder.path, "bun");
		symlinkSync(process.execPath, bun);
		const replica = await open({ command: [bun, ...COMMAND.slice(1)] });
		rmSync(bun);
		for (const pid of syncers()) process.kill(pid, "SIGKILL");
		await becomes(() => replica.failures() >= 3);
		expect(await has(replica, name)).toBe(true);
		symlinkSync(process.execPath, bun);
		const after = await write();
		await becomes(() => has(replica, after));
	}, 60_000);

	test("that can never be started: a start says so", async () => {
		const message = await refusal({ command: [join(folder.path, "nothing")] });
		expect(message).toContain("cannot be made: the process that syncs it cannot be started");
	});

	test("is told no secret but its own", async () => {
		const { SECRET_KEY } = process.env;
		process.env.SECRET_KEY = "a secret that is none of its business";
		cleanups.push(() => {
			if (SECRET_KEY === undefined) delete process.env.SECRET_KEY;
			else process.env.SECRET_KEY = SECRET_KEY;
		});
		await open();
		const [pid] = syncers();
		const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
		const names = environment.map((variable) => variable.split("=")[0]);
		expect(names.filter((name) => name === "PATH" || name === "SECRET_KEY")).toEqual(["PATH"]);
	});

	test("ends with us", async () => {
		const replica = await open();
		const [pid = 0] = syncers();
		expect(pid).toBeGreaterThan(0);
		replica.stop();
		await becomes(() => !existsSync(`/proc/${pid}`) || syncers().length === 0);
	});

	test("is alone at its file: another Reveille there reads it, and is told", async () => {
		const name = await write();
		await open();
		const second = await open();
		await becomes(() => second.failures() > 1);
		expect(await has(second, name)).toBe(true);
		// What is told is why the first sync came to nothing, so that is waited for.
		const third = await open({ timing: { old: 0, first: PATIENCE_MS } });
		await becomes(() => logged.lines.some((line) => line.includes("another process keeps the same file")));
		expect(await has(third, name)).toBe(true);
	}, 60_000);

	test("shows the primary its token, and nobody else", async () => {
		const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
		const guarded = await startSqld({ jwtKey: await exportSPKI(publicKey) });
		cleanups.push(() => guarded.stop());
		const authToken = await new SignJWT({}).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
		const wrong = openDatabase({ url: guarded.httpUrl, authToken: "wrong", migrations: "shared" });
		await expect(wrong).rejects.not.toBeInstanceOf(DatabaseAway);
		const shared = await openDatabase({ url: guarded.httpUrl, authToken, migrations: "shared" });
		await shared.client.execute("INSERT INTO facts VALUES ('guarded', 'yes')");
		const job = { url: `file:${file()}`, syncUrl: guarded.httpUrl };
		expect(await refusal({ job: { ...job, authToken: "wrong" } })).toContain("cannot be made");
		const replica = await open({ job: { ...job, authToken } });
		expect(await has(replica, "guarded")).toBe(true);
		const [pid] = syncers();
		expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(authToken);
		expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain(authToken);
	}, 30_000);
});

describe("a file that is no replica of this schema says what to do", () => {
	test("a database of its own is not overwritten", async () => {
		const own = createClient({ url: `file:${file()}` });
		await own.execute("CREATE TABLE mine (a)");
		expect(await refusal()).toContain("is a database of its own, and no replica");
		expect((await own.execute("SELECT count(*) AS n FROM mine")).rows[0]?.n).toBe(0);
		own.close();
	});

	test("one that cannot be read", async () => {
		writeFileSync(file(), "Where art thou? ".repeat(1000));
		writeFileSync(`${file()}-client_wal_index`, "");
		expect(await refusal()).toContain("It is only a copy: delete it");
	});

	test("a primary that nobody brought up to date", async () => {
		const empty = await startSqld();
		cleanups.push(() => empty.stop());
		const job = { url: `file:${file()}`, syncUrl: empty.httpUrl };
		expect(await refusal({ job })).toContain("lacks this version's schema");
		// As a start does, with the file that is there now.
		await openDatabase({ url: empty.httpUrl, migrations: "shared" });
		await open({ job });
	}, 30_000);

	test("another primary's: it becomes a replica of the new one", async () => {
		const name = await write();
		const first = await open();
		await becomes(() => has(first, name));
		first.stop();
		const other = await startSqld();
		cleanups.push(() => other.stop());
		const shared = await openDatabase({ url: other.httpUrl, migrations: "shared" });
		await shared.client.execute("INSERT INTO facts VALUES ('other', 'yes')");
		const replica = await open({ job: { url: `file:${file()}`, syncUrl: other.httpUrl } });
		// In between it may have no table yet: who asks then is told to wait.
		await becomes(() => has(replica, "other").catch(() => false));
		expect(await has(replica, name)).toBe(false);
	}, 30_000);
});
