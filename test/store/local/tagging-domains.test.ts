import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../../src/bun/database/open.ts";
import { openTaggingDomains } from "../../../src/store/local/tagging-domains.ts";

let folder: string;
let file: OpenDatabase;

const openFile = () => openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });
const open = () => openTaggingDomains(file.db, async () => {});

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	file = await openFile();
});
afterEach(async () => {
	file.client.close();
	await rm(folder, { recursive: true, force: true });
});

test("a domain is remembered with when it tagged last, also by the next process", async () => {
	const kept = open();
	expect(await kept.load(0, 9_000, 10)).toEqual([]);
	await kept.save("example.org", 1_000);
	// What comes within a moment is written together, in its order.
	await Promise.all([kept.save("example.net", 2_000), kept.save("example.org", 3_000)]);
	file.client.close();
	file = await openFile();
	expect(await open().load(0, 9_000, 10)).toEqual([
		{ domain: "example.org", taggedAt: 3_000 },
		{ domain: "example.net", taggedAt: 2_000 },
	]);
});

test("the latest between two times are told, and what is to be forgotten is gone for good", async () => {
	const kept = open();
	for (const at of [1_000, 2_000, 3_000, 4_000]) await kept.save(`${at}.example`, at);
	const told = async (from: number, to: number, limit = 10) =>
		(await kept.load(from, to, limit)).map(({ taggedAt }) => taggedAt);
	expect(await told(0, 9_000, 1)).toEqual([4_000]);
	expect(await told(2_000, 3_000)).toEqual([3_000, 2_000]);
	await kept.keep(2_000, 3_000);
	expect(await told(0, 9_000)).toEqual([3_000, 2_000]);
	await kept.forget("3000.example");
	expect(await told(0, 9_000)).toEqual([2_000]);
});
