import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formDeviceKey } from "../../../../src/store/registrations/device-key.ts";
import { type Stored, writeInternalStorage, writeSqliteStorage } from "./prosody-storage.ts";
import { type Import, openImport } from "./scene.ts";

let into: Import;
beforeEach(async () => {
	into = await openImport();
});
afterEach(() => into.close());

const HOST = "push.example.org";
const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
/** What the README of mod_push_appserver shows, of this year. */
const DATA = {
	type: "apns",
	token: "DEADBEEFABCDEF0123456DEADBEEF112DEADBEEFABCDEF0123456DEADBEEF112",
	last_push_error: "2026-11-18T04:07:44Z",
	last_successful_push: "2026-11-18T03:54:24Z",
	registered: "2026-11-17T02:10:21Z",
	renewed: "2026-11-18T02:54:51Z",
	node: NODE,
	secret: "384e51b4b2d5e4758e5dc342b22dea9217212f2c4886e2a3dcf16f3eb0eb3807",
};

/** Both of Prosody's storages, each with a way to fill it. */
const storages: [
	string,
	(folder: string, stored: { host: string; node: string; data?: Stored }[]) => string,
][] = [
	[
		"Prosody's files",
		(folder, stored) => {
			const data = join(folder, "prosody");
			mkdirSync(data);
			writeInternalStorage(data, stored);
			return data;
		},
	],
	[
		"Prosody's SQLite",
		(folder, stored) => {
			const path = join(folder, "prosody.sqlite");
			writeSqliteStorage(path, stored);
			return path;
		},
	],
];

describe.each(storages)("a registration in %s", (_, fill) => {
	test("keeps its node, its token, its times, and its secret", async () => {
		const path = fill(into.folder, [{ host: HOST, node: NODE, data: DATA }]);
		const summary = await into.run({ path });
		expect(await into.rows()).toMatchObject([
			{
				node: NODE,
				owner: "",
				app: "apns",
				token: DATA.token.toLowerCase(),
				jid: HOST,
				device: await formDeviceKey(NODE, DATA.token.toLowerCase()),
				dialect: "push-appserver",
				registered_at: Date.parse(DATA.registered),
				renewed_at: Date.parse(DATA.renewed),
				last_success_at: Date.parse(DATA.last_successful_push),
			},
		]);
		expect(await into.keyring.verify(NODE, DATA.secret)).toBe("ok");
		expect(summary).toContain("Imported 1, updated 0, unchanged 0, skipped 0.");
		expect(summary).toContain(
			`publish these to ${HOST}: Reveille must be connected as the component of that name`,
		);
	});

	test("whatever its device id is", async () => {
		const node = "ü äß/\\\"'%2d..";
		const path = fill(into.folder, [{ host: HOST, node, data: { ...DATA, node } }]);
		await into.run({ path });
		expect(await into.rows()).toMatchObject([{ node }]);
	});

	test("is left out where it cannot work, with the reason, and nothing of it is shown whole", async () => {
		const bad = (node: string, data: Stored) => ({ host: HOST, node, data });
		const own = into.keyring.createNode();
		const { secret: _, ...withoutSecret } = DATA;
		const path = fill(into.folder, [
			bad("windows1", { ...DATA, type: "windows" }),
			bad("windows2", { ...DATA, type: "windows" }),
			bad("webpush1", { ...DATA, type: "webpush" }),
			bad("garbage1", { ...DATA, token: "no hexadecimal" }),
			bad("tombstone", { node: "tombstone", tombstone: DATA.renewed }),
			bad("nothing1", { node: "nothing1" }),
			bad("secretless", withoutSecret),
			bad("n".repeat(200), { ...DATA, registered: "yesterday" }),
			bad("module:apns:example.org:x", DATA),
			bad(own, DATA),
			bad("idle0000", {
				...DATA,
				registered: "2020-01-01T00:00:00Z",
				renewed: "2020-01-01T00:00:00Z",
				last_successful_push: "2020-01-01T00:00:00Z",
			}),
			bad(NODE, DATA),
		]);
		const summary = await into.run({ path });
		expect(summary).toContain("Imported 1, updated 0, unchanged 0, skipped 11.");
		for (const reason of [
			'skipped 2: its type "windows" is not known (wind…, wind…)',
			"skipped 1: its device: The endpoint is not a URL. (webp…)",
			"skipped 1: its device: The token must be 2 to",
			"skipped 1: its token is dead (a tombstone) (tomb…)",
			"skipped 2: it has no secret: nobody could publish to it (",
			"skipped 1: one of its times is not like 2017-03-17T02:10:21Z (nnnn…)",
			"skipped 1: its node is none that could be published to (modu…)",
			"skipped 1: its node has the form of Reveille's own",
			"skipped 1: neither renewed nor delivered to for 180 days (RETENTION_DAYS) (idle…)",
		]) {
			expect(summary).toContain(reason);
		}
		expect(summary).not.toContain(NODE);
		expect(summary).not.toContain(DATA.token);
		expect(await into.rows()).toHaveLength(1);
	});

	test("is one of several hosts' only when that is named: those are different apps", async () => {
		const other = { host: "push2.example.org", node: NODE, data: { ...DATA, secret: "another" } };
		const path = fill(into.folder, [{ host: HOST, node: NODE, data: DATA }, other]);
		await expect(into.run({ path })).rejects.toThrow(
			"choose one with --host: push.example.org, push2.example.org.",
		);
		await expect(into.run({ path, host: "example.org" })).rejects.toThrow("no registrations of example.org");
		expect(await into.rows()).toEqual([]);
		await into.run({ path, host: "push2.example.org", apps: ["voip"] });
		expect(await into.rows()).toMatchObject([{ app: "voip", jid: "push2.example.org" }]);
		const summary = into.run({ path, host: HOST });
		await expect(summary).rejects.toThrow("None of them could be imported.");
		expect(into.printed()).toContain("skipped 1: its node is taken by a registration of another app (E0FF…)");
	});
});

describe("Prosody's files", () => {
	const write = (...stored: { host: string; node: string; data?: Stored }[]) =>
		writeInternalStorage(into.folder, stored);
	const store = () => join(into.folder, "push%2eexample%2eorg", "push_appserver");

	test("are found from the data folder, the host's, or the store itself", async () => {
		write({ host: HOST, node: NODE, data: DATA });
		for (const path of [into.folder, join(store(), ".."), store()]) {
			expect(await into.run({ path, dryRun: true })).toContain("Would be imported 1");
		}
	});

	test("of what ended are not there", async () => {
		write({ host: HOST, node: "ended", data: DATA }, { host: HOST, node: "ended" });
		await expect(into.run({ path: into.folder })).rejects.toThrow("Nothing was found");
	});

	test("that are broken, half written or of others stop nothing", async () => {
		write({ host: HOST, node: NODE, data: DATA });
		writeFileSync(join(store(), "broken00.dat"), 'return { ["type"] = "apns"; ["tok');
		writeFileSync(join(store(), "program0.dat"), 'os.execute("touch /tmp/pwned")');
		writeFileSync(join(store(), "enormous.dat"), `return { ["type"] = "${"x".repeat(70_000)}" }`);
		writeFileSync(join(store(), "%ff%fe.dat"), "return {};");
		writeFileSync(join(store(), "half.dat~"), "return {");
		mkdirSync(join(store(), "folder00.dat"));
		symlinkSync("/dev/zero", join(store(), "endless0.dat"));
		const summary = await into.run({ path: into.folder });
		expect(summary).toContain("Imported 1, updated 0, unchanged 0, skipped 6.");
		expect(summary).toContain("skipped 3: its file is not as Prosody writes it");
		expect(summary).toContain("skipped 1: its file is larger than the module writes any (enor…)");
		expect(summary).toContain("skipped 2: it is no file (");
	});
});

test.each([
	["a folder without any", ".", "mod_push_appserver stored nothing"],
	["what is not there", "nowhere", "is not there, or this user may not look"],
	["a file that is no database", "registrations.csv", "cannot be read as Prosody's SQLite file"],
])("%s is told, and nothing is written", async (_, path, message) => {
	await into.csv("node,secret,token\n".repeat(1000));
	await expect(into.run({ path: join(into.folder, path) })).rejects.toThrow(message);
	expect(await into.rows()).toEqual([]);
});

describe("a CSV", () => {
	const from = "csv";

	test("imports each service's devices, with owners, ids and keys as far as they are known", async () => {
		const path = await into.csv(
			[
				"node,secret,type,app,token,device_id,owner,p256dh,auth",
				"n1,s1,gcm,,a:b,,,,",
				"n2,s2,,voip,deadbeef,,,,",
				"n3,s3,unifiedpush,,https://push.example/x,,,BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4,BTBZMqHH6r4Tts7J_aSIgg",
				"n4,s4,fcm,,c:d,phone,Romeo@Example.net,,",
			].join("\n"),
		);
		const summary = await into.run({ from, path });
		expect(summary).toContain("Imported 4, updated 0, unchanged 0, skipped 0.");
		expect(summary).not.toContain("component");
		const now = into.state.now;
		expect(await into.rows()).toMatchObject([
			{ node: "n1", app: "fcm", owner: "", device: await formDeviceKey("n1", "a:b"), renewed_at: now },
			{ node: "n2", app: "voip", token: "deadbeef", registered_at: now },
			{ node: "n3", app: "webpush", host: null, auth: "BTBZMqHH6r4Tts7J_aSIgg" },
			{ node: "n4", app: "fcm", owner: "romeo@example.net", device: "phone" },
		]);
		expect(await into.keyring.verify("n4", "s4")).toBe("ok");
	});

	test("tells which lines were left out, and why", async () => {
		const path = await into.csv(
			[
				"node,secret,type,app,token,owner,device_id",
				"n1,s1,fcm,,a:b,,",
				"n1,s1,fcm,,a:b,,",
				"n2,s2,,nowhere,a:b,,",
				"n3,s3,,,a:b,,",
				"n4,s4,fcm,apns,a:b,,",
				"n5,s5,fcm,,a:b,example.net,",
				"n6,s6",
				`${"n".repeat(1024)},s7,fcm,,a:b,,`,
				`n8,s8,fcm,,a:b,${"é".repeat(251)}@example.net,`,
				`n9,s9,fcm,,a:b,romeo@example.net,${"é".repeat(4_096)}`,
			].join("\n"),
		);
		const summary = await into.run({ from, path });
		for (const reason of [
			"its node is there twice (line 3)",
			'there is no app here called "nowhere" (line 4)',
			"it has neither type nor app (line 5)",
			"its type is not that of the app apns (line 6)",
			"its owner is no bare JID like user@example.net (line 7)",
			"it has not as many fields as the header (line 8)",
			"its node is longer than 1023 bytes (line 9)",
			"its owner is longer than 512 bytes (line 10)",
			"it is longer than 8192 bytes (line 11)",
		]) {
			expect(summary).toContain(`skipped 1: ${reason}`);
		}
		expect(await into.rows()).toHaveLength(1);
	});

	test("of one app needs no types, when that app is named", async () => {
		const path = await into.csv("node,secret,token\nn1,s1,deadbeef\n");
		await into.run({ from, path, apps: ["voip"] });
		expect(await into.rows()).toMatchObject([{ app: "voip" }]);
		await expect(into.run({ from, path, apps: ["other"] })).rejects.toThrow(
			"There is no app other. There is: apns, voip, fcm",
		);
	});

	test("that is empty, has nothing fit in it, or is not UTF-8 is an error", async () => {
		await expect(into.run({ from, path: await into.csv("") })).rejects.toThrow("Nothing was found in");
		await expect(into.run({ from, path: await into.csv("node,secret,token\n") })).rejects.toThrow("Nothing");
		await expect(into.run({ from, path: await into.csv("node,secret,token\nn,s,t") })).rejects.toThrow(
			"None of them could be imported.",
		);
		await Bun.write(join(into.folder, "latin1.csv"), new Uint8Array([110, 0xfc, 10]));
		await expect(into.run({ from, path: join(into.folder, "latin1.csv") })).rejects.toThrow(
			"it is not UTF-8",
		);
		await expect(into.run({ from, path: join(into.folder, "none.csv") })).rejects.toThrow("ENOENT");
	});
});

describe("an import", () => {
	const csv = (count: number, first = 0) =>
		into.csv(
			[
				"node,secret,type,token,registered",
				...Array.from(
					{ length: count },
					(_, i) => `node-${first + i},s${first + i},fcm,t${i},2026-11-01T00:00:00Z`,
				),
			].join("\n"),
		);

	test("of many goes in batches, and keeps what was written when it is interrupted", async () => {
		const path = await csv(2500);
		let batches = 0;
		const hashFormer = (node: string, secret: string) => {
			if (node === "node-2000") throw new Error("interrupted");
			if (node === "node-1000") batches++;
			return into.keyring.hashFormer(node, secret);
		};
		const keyring = { ...into.keyring, hashFormer };
		await expect(into.run({ from: "csv", path }, { keyring })).rejects.toThrow("interrupted");
		expect(batches).toBe(1);
		expect(await into.rows()).toHaveLength(2000);
		expect(into.printed()).toContain("Imported 2,000");
		expect(await into.run({ from: "csv", path })).toContain("Imported 500, updated 0, unchanged 2,000");
		expect(await into.run({ from: "csv", path })).toContain("Imported 0, updated 0, unchanged 2,500");
	});

	test("shows where it is", async () => {
		const path = await csv(2500);
		const begun = into.state.now;
		let asked = 0;
		await into.run({ from: "csv", path }, { now: () => begun + 300 * asked++ });
		expect(into.shown.join("")).toMatch(/\r.{3}[12],000 read, 0 skipped, [\d,]+ a second/);
		expect(into.printed()).toMatch(/[\d.]+ s, [\d,]+ a second, 100 MiB of memory at most\./);
	});

	test("tried dry tells the same, and writes nothing", async () => {
		const path = await csv(10);
		expect(await into.run({ from: "csv", path, dryRun: true })).toContain(
			"Would be imported 10, updated 0, unchanged 0, skipped 0.",
		);
		expect(into.printed()).toEndWith("Nothing was written: this was a dry run.");
		expect(await into.rows()).toEqual([]);
	});

	test("as JSON says the same to programs", async () => {
		const path = await into.csv("node,secret,type,token\nn1,s,fcm,t\nn2,,fcm,t\nn3,,fcm,t");
		expect(JSON.parse(await into.run({ from: "csv", path }, { json: true }))).toEqual({
			dryRun: false,
			imported: 1,
			updated: 0,
			unchanged: 0,
			skipped: 2,
			reasons: [
				{
					reason: "it has no secret: nobody could publish to it",
					count: 2,
					examples: ["line 3", "line 4"],
				},
			],
			seconds: expect.any(Number),
		});
	});

	test("of form clients' devices is found by the device id alone with TRUST_DEVICE_ID", async () => {
		await into.run({ from: "csv", path: await csv(1) }, { trustDeviceId: true });
		expect(await into.rows()).toMatchObject([{ device: await formDeviceKey("node-0", undefined) }]);
	});

	test("that the database fails says so, without what was to be written", async () => {
		const path = await csv(1);
		const broken = { transaction: () => Promise.reject(new Error("SQLITE_FULL")) };
		const db = broken as never;
		await expect(into.run({ from: "csv", path }, { db })).rejects.toThrow(
			"The database failed (Error: SQLITE_FULL). What was imported until then stays: run this again.",
		);
	});
});
