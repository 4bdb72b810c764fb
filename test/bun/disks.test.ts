import { expect, test } from "bun:test";
import { createDisks } from "../../src/bun/disks.ts";

const asked: string[] = [];
const statfs = async (path: string) => {
	asked.push(path);
	if (path === "/gone") throw new Error("no such folder");
	return { bsize: 4096, blocks: 100, bavail: 25 };
};
const space = { free: 25 * 4096, size: 100 * 4096 };
const disksOf = (dataDir: string, database: { url?: string; replica?: string }) =>
	createDisks({ dataDir, database }, statfs)();

test("a database without a setting is in the data folder, beside the outbox", async () => {
	expect(await disksOf("data", {})).toEqual([
		{ disk: "outbox", ...space },
		{ disk: "database", ...space },
	]);
});

test("a file elsewhere has its own disk, and so has a replica", async () => {
	asked.length = 0;
	const disks = await disksOf("data", { url: "file:/var/db/shared.db", replica: "file:/fast/replica.db" });
	expect(disks.map(({ disk }) => disk)).toEqual(["outbox", "database", "replica"]);
	expect(asked).toEqual(["data", "/var/db", "/fast"]);
});

test("of a database on a server nothing is known, nor of a disk that cannot be asked", async () => {
	expect(await disksOf("/gone", { url: "libsql://db.example" })).toEqual([]);
});

test("a real disk says what it has", async () => {
	const [outbox] = await createDisks({ dataDir: import.meta.dir, database: {} })();
	expect(outbox?.free).toBeGreaterThan(0);
	expect(outbox?.size).toBeGreaterThanOrEqual(outbox?.free ?? 0);
});
