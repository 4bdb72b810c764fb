/** Backing up while Reveille serves, and coming back from it. */
import { afterEach, describe, expect, test } from "bun:test";
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { backUp, copiedFrom } from "../../src/bun/commands/backup-folder.ts";
import { takenFrom } from "../../src/bun/commands/backup-taken.ts";
import { type KeptData, keptOf } from "../../src/bun/commands/kept-data.ts";
import type { Running } from "../../src/bun/commands/running.ts";
import { copyLockedDatabase } from "../../src/bun/database/locked-copy.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { openScene, type Sleeper } from "../e2e/scene.ts";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { ROWS } from "./busy-outbox.ts";

const ROOT = join(import.meta.dir, "../../");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of cleanups.splice(0).reverse()) await end();
}, 60_000);

function folder(): string {
	const made = temporaryFolder("backup");
	cleanups.push(() => made.remove());
	return made.path;
}

/** The command, as the operator types it. */
async function backup(args: string[], env: Record<string, string>) {
	return runToEnd([process.execPath, "src/main.ts", "backup", ...args], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, ...env },
	});
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("after the disk is lost, what was registered is woken again, and what waited goes out", async () => {
	const scene = await openScene("prosody", {
		users: ["bob", "charlie"],
		settings: { PUSH_INTERVAL_MS: "0" },
	});
	cleanups.push(() => scene.stop());
	const { reveille, endpoint } = scene;
	const [bob, charlie] = (await scene.sleepers("bob", "charlie")) as [Sleeper, Sleeper];
	const alice = await scene.login("alice");

	endpoint.respondWith({ status: 503, endpoint: charlie.device.subscription.endpoint });
	await alice.sendMessage(charlie.jid, "not now");
	await reveille.untilLogged("a push waits");

	let isBackingUp = true;
	const publishing = (async () => {
		for (let sent = 1; isBackingUp; sent++) {
			await alice.sendMessage(bob.jid, `message ${sent}`);
			await endpoint.waitForPush(({ endpoint: url }) => url === bob.device.subscription.endpoint);
		}
	})();
	// As older versions made it.
	writeFileSync(join(reveille.dataFolder, "registration-token"), "t".repeat(43), { mode: 0o600 });
	const kept = join(folder(), "new", "backup");
	const { stdout, stderr, code } = await backup([kept], {
		DATA_DIR: reveille.dataFolder,
		DATABASE_URL: "file:/nowhere/reveille.db",
	});
	isBackingUp = false;
	await publishing;
	expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
	expect(stdout).toBe(
		`In ${kept}: database-id, outbox.db, registration-token, reveille.db, secret.key, vapid.key.\n`,
	);
	// It was asked for over the socket: the settings of the command name no database.
	expect(modeOf(kept)).toBe("700");
	for (const name of readdirSync(kept)) expect(modeOf(join(kept, name))).toBe("600");

	await reveille.kill9();
	rmSync(reveille.dataFolder, { recursive: true });
	cpSync(kept, reveille.dataFolder, { recursive: true });
	endpoint.clear();
	endpoint.respondWith({ status: 201 });
	await reveille.start();
	// The server may repeat what it was not told to be handled.
	const isCharlies = ({ endpoint: url }: { endpoint: string }) =>
		url === charlie.device.subscription.endpoint;
	const waited = await endpoint.waitForPush(isCharlies, 30_000);
	expect(scene.read(waited, charlie)).toMatchObject({ class: "high" });
	await alice.sendMessage(bob.jid, "after the restore");
	const push = await endpoint.waitForPush(({ endpoint: url }) => url === bob.device.subscription.endpoint);
	expect(scene.read(push, bob)).toMatchObject({ class: "high" });
	expect(reveille.log().match(/made now/g)).toHaveLength(1);
}, 60_000);

/** What a database that is written to without a pause holds. */
async function busyDatabase(kind: "exclusive" | "shared"): Promise<string> {
	const busy = join(folder(), "outbox.db");
	const command = [process.execPath, join(import.meta.dir, "busy-outbox.ts"), busy];
	const writer = Bun.spawn([...command, ...(kind === "shared" ? ["shared"] : [])], {
		stdout: "pipe",
		stderr: "inherit",
	});
	cleanups.push(() => writer.kill("SIGKILL"));
	await writer.stdout.getReader().read();
	return busy;
}

/** Takes copies until the log began anew many times: each is as of one moment, and none is older than the one before. */
async function expectOneMoment(copy: () => Promise<string>, copies: number) {
	const seen: number[] = [];
	const written = () => (seen.at(-1) ?? 0) - (seen[0] ?? 0);
	while (seen.length < copies || written() < 4 * ROWS) {
		const target = await copy();
		const client = createClient({ url: `file:${target}` });
		const [row] = (
			await client.execute(
				"SELECT inbound AS n, (SELECT min(version) FROM outbox) AS first, (SELECT max(version) FROM outbox) AS last, (SELECT count(*) FROM outbox) AS rows FROM streams",
			)
		).rows;
		client.close();
		const n = Number(row?.n);
		expect(row).toMatchObject({ first: n - ROWS + 1, last: n, rows: ROWS });
		expect(existsSync(`${target}-wal`)).toBe(false);
		seen.push(n);
	}
	expect(seen).toEqual(seen.toSorted((one, other) => one - other));
}

/** What the process that Reveille starts for a backup hands over, as it comes over the socket. */
const handedOver = (kept: KeptData): Running => ({
	status: {} as Running["status"],
	async ask() {
		const child = Bun.spawn([process.execPath, join(ROOT, "src/main.ts"), "hand-over-files"], {
			stdin: new Blob([JSON.stringify(kept)]),
			stdout: "pipe",
			stderr: "inherit",
		});
		return new Response(child.stdout);
	},
});

const QUIET = { write: () => true };

describe("a copy of a database that is written to without a pause is of one moment", () => {
	test("of an outbox that its connector holds for itself, while none runs that could be asked", async () => {
		const busy = await busyDatabase("exclusive");
		await expectOneMoment(async () => {
			const target = join(folder(), "copy.db");
			await copyLockedDatabase(busy, target);
			return target;
		}, 40);
	}, 60_000);

	test.each(["exclusive", "shared"] as const)(
		"%s, handed over by the Reveille that runs",
		async (kind) => {
			const busy = await busyDatabase(kind);
			const kept: KeptData =
				kind === "exclusive"
					? { dataDir: join(busy, ".."), database: undefined, elsewhere: "db.example" }
					: { dataDir: join(busy, "none"), database: busy, elsewhere: undefined };
			await expectOneMoment(async () => {
				const target = join(folder(), "backup");
				const { files } = await backUp(target, takenFrom(handedOver(kept), QUIET));
				expect(files).toEqual([kind === "exclusive" ? "outbox.db" : "reveille.db"]);
				return join(target, files[0] ?? "");
			}, 6);
		},
		60_000,
	);
});

describe("a backup that is handed over", () => {
	const begin = '{"kind":"begin","total":1}\n';
	const running = (...sent: string[]): Running => ({
		status: {} as Running["status"],
		ask: async () => new Response(sent.join("")),
	});

	test.each([
		["ends half-way", [begin, '{"kind":"piece","file":"secret.key","bytes":9}\n', "key"], "ended half-way"],
		["fails", [begin, '{"kind":"failure","reason":"EIO: i/o error"}\n'], "EIO: i/o error"],
		["names another file", [begin, '{"kind":"piece","file":"../x","bytes":1}\nx'], "is no backup"],
		["removes another file", [begin, '{"kind":"again","file":"../../precious"}\n'], "is no backup"],
		["opens another file", [begin, '{"kind":"database","file":"../../precious"}\n'], "is no backup"],
		["is none", ["x".repeat(5000)], "is no backup"],
	])("and %s leaves nothing behind", async (_, sent, why) => {
		const place = folder();
		const [target, precious] = [join(place, "backup"), join(place, "precious")];
		writeFileSync(precious, "mine");
		await expect(backUp(target, takenFrom(running(...sent), QUIET))).rejects.toThrow(why);
		expect(existsSync(target)).toBe(false);
		expect(readFileSync(precious, "utf8")).toBe("mine");
	});
});

test("databases are looked through once all is handed over: who hands over waits for 30 seconds only", async () => {
	const sent = [
		'{"kind":"begin","total":1}\n',
		'{"kind":"piece","file":"outbox.db","bytes":4}\nnone{"kind":"database","file":"outbox.db"}\n',
	];
	const failure = '{"kind":"failure","reason":"EIO: i/o error"}\n';
	const taking = (...lines: string[]) =>
		backUp(
			join(folder(), "backup"),
			takenFrom({ status: {} as Running["status"], ask: async () => new Response(lines.join("")) }, QUIET),
		);
	await expect(taking(...sent, failure)).rejects.toThrow("EIO: i/o error");
	await expect(taking(...sent, '{"kind":"end"}\n')).rejects.toThrow("not a database");
});

test("one that breaks off says so, and what to do", async () => {
	const body = new ReadableStream({
		pull(controller) {
			controller.error(Object.assign(new Error("The socket was closed."), { code: "ECONNRESET" }));
		},
	});
	const taking = takenFrom({ status: {} as Running["status"], ask: async () => new Response(body) }, QUIET);
	await expect(backUp(join(folder(), "backup"), taking)).rejects.toThrow(
		/ended half-way\..*type the command again$/,
	);
});

test("one that ended half-way looks like none: what restores would begin with half of what there was", async () => {
	const [data, kept] = [folder(), join(folder(), "backup")];
	for (const name of ["reveille.db", "outbox.db"]) {
		const client = createClient({ url: `file:${join(data, name)}` });
		await client.execute("CREATE TABLE some (a)");
		client.close();
	}
	writeFileSync(join(data, "secret.key"), "key");
	const backingUp = backUp(kept, copiedFrom(keptOf({ dataDir: data, database: {} })));
	expect(readdirSync(kept)).toEqual(["incomplete"]);
	expect((await backingUp).files).toEqual(["outbox.db", "reveille.db", "secret.key"]);
	expect(readdirSync(kept).sort()).toEqual(["outbox.db", "reveille.db", "secret.key"]);
});

test("takes no part in settings that are not its own: tables, and what only serving needs", async () => {
	const [data, target] = [folder(), join(folder(), "backup")];
	const client = createClient({ url: `file:${join(data, "reveille.db")}` });
	await client.execute("CREATE TABLE some (a)");
	client.close();
	const tables = join(data, "reveille.toml");
	writeFileSync(
		tables,
		'[[connection]]\nservice = "xmpp://127.0.0.1:5347"\ndomain = "push.example.net"\npassword = "p"\n',
	);
	const env = { DATA_DIR: data, ROLE: "connector", APPS: tables, APNS_KEY: "/nowhere/to/be/found.p8" };
	expect(await backup([target], env)).toEqual({
		stdout: `In ${target}: reveille.db.\n`,
		stderr: "",
		code: 0,
	});
});

describe("a backup that cannot be made says why, and leaves nothing", () => {
	test("into a folder with something in it", async () => {
		const [data, full] = [folder(), folder()];
		writeFileSync(join(data, "reveille.db"), "");
		writeFileSync(join(full, "older"), "");
		const { stderr, code } = await backup([full], { DATA_DIR: data });
		expect(code).toBe(1);
		expect(stderr).toContain(`${full} is not empty`);
		expect(readdirSync(full)).toEqual(["older"]);
	});

	test("of a folder that is no data folder", async () => {
		const target = join(folder(), "backup");
		const { stderr, code } = await backup([target], { DATA_DIR: "elsewhere" });
		expect(code).toBe(1);
		expect(stderr).toBe(
			"There is no elsewhere/reveille.db: set DATA_DIR to the data folder that Reveille runs with. [database-file-missing]\n",
		);
		expect(existsSync(target)).toBe(false);
	});

	test("of a database that is none", async () => {
		const data = folder();
		writeFileSync(join(data, "reveille.db"), "Where art thou? ".repeat(1000));
		writeFileSync(join(data, "secret.key"), "x");
		const target = join(folder(), "backup");
		await expect(backUp(target, copiedFrom(keptOf({ dataDir: data, database: {} })))).rejects.toThrow(
			StartError,
		);
		expect(existsSync(target)).toBe(false);
		mkdirSync(target);
		await expect(backUp(target, copiedFrom(keptOf({ dataDir: data, database: {} })))).rejects.toThrow(
			"nothing is left",
		);
		expect(readdirSync(target)).toEqual([]);
	});

	test("into what is no folder and cannot be one: it stays as it was", async () => {
		const [data, place] = [folder(), folder()];
		writeFileSync(join(data, "reveille.db"), "");
		const [file, link] = [join(place, "file"), join(place, "link")];
		writeFileSync(file, "mine");
		symlinkSync(join(place, "nowhere"), link);
		for (const target of [file, join(file, "backup"), link, ""]) {
			const { stderr, code } = await backup([target], { DATA_DIR: data });
			expect({ target, code }).toEqual({ target, code: 1 });
			expect(stderr).toMatch(
				/^"[^"]*" cannot be made a folder that is written to \([A-Z]+\): .* \[backup-failed\]\n$/,
			);
		}
		expect(readFileSync(file, "utf8")).toBe("mine");
		expect(readlinkSync(link)).toBe(join(place, "nowhere"));
	}, 60_000);

	test("while somebody else puts files into the folder: those stay", async () => {
		const target = folder();
		const failing = backUp(target, async (own) => {
			writeFileSync(join(own, "secret.key"), "key");
			writeFileSync(join(target, "letters.txt"), "mine");
			throw new Error("ENOSPC: no space left on device");
		});
		await expect(failing).rejects.toThrow("ENOSPC");
		expect(readdirSync(target)).toEqual(["letters.txt"]);
	});

	test("without a folder's name, or with more than one: what is wrong", async () => {
		for (const [args, problem] of [
			[[], "FOLDER is missing."],
			[["a", "b"], '"b" is one word too many.'],
			[["--all"], "There is no option --all."],
		] as const) {
			const { stderr, code } = await backup([...args], {});
			expect(code).toBe(2);
			expect(stderr).toStartWith(problem);
		}
		const help = await backup(["--help"], {});
		expect(help.code).toBe(0);
		expect(help.stdout).toContain(`npx --yes bun@${Bun.version} run start backup [--json] <FOLDER>`);
	});
});

test("says what else must be kept: keys of the settings, and a database that is elsewhere", async () => {
	const data = folder();
	writeFileSync(join(data, "vapid.key"), "key", { mode: 0o600 });
	const target = join(folder(), "backup");
	const { stdout } = await backup([target], {
		DATA_DIR: data,
		SECRET_KEY: "a".repeat(32),
		DATABASE_URL: "libsql://user:sesame@db.example:8080",
	});
	expect(stdout).toContain("Not the registrations: back up the database at db.example:8080 there.");
	expect(stdout).toContain("Not SECRET_KEY");
	expect(stdout).not.toContain("sesame");
	expect(readFileSync(join(target, "vapid.key"), "utf8")).toBe("key");
});
