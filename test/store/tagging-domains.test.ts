import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../src/bun/database.ts";
import { openTaggingDomains } from "../../src/store/tagging-domains.ts";

let folder: string;
let file: OpenDatabase;

const openFile = () => openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	file = await openFile();
});
afterEach(async () => {
	file.client.close();
	await rm(folder, { recursive: true, force: true });
});

test("a domain is remembered with when it tagged last, also by the next process", async () => {
	const kept = openTaggingDomains(file.db);
	expect(await kept.load(0, 10)).toEqual([]);
	await kept.save("example.org", 1_000);
	await kept.save("example.net", 2_000);
	await kept.save("example.org", 3_000);
	file.client.close();
	file = await openFile();
	expect(await openTaggingDomains(file.db).load(0, 10)).toEqual([
		{ domain: "example.org", taggedAt: 3_000 },
		{ domain: "example.net", taggedAt: 2_000 },
	]);
});

test("of more than are wanted the latest are told, and those that did not tag since a time are gone for good", async () => {
	const kept = openTaggingDomains(file.db);
	for (const at of [1_000, 2_000, 3_000]) await kept.save(`${at}.example`, at);
	expect(await kept.load(0, 1)).toEqual([{ domain: "3000.example", taggedAt: 3_000 }]);
	expect(await kept.load(2_000, 10)).toHaveLength(2);
	expect(await kept.load(0, 10)).toHaveLength(2);
	await kept.forgetBefore(3_000);
	expect(await kept.load(0, 10)).toHaveLength(1);
	await kept.forget("3000.example");
	expect(await kept.load(0, 10)).toEqual([]);
});
