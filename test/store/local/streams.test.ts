import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../../src/bun/database/open.ts";
import { openStreams } from "../../../src/store/local/streams.ts";

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

const A = "push@example.net/push";
const B = "push@example.net/other";

test("a stream's state is what was saved last, also for the next process", async () => {
	const streams = openStreams(file.db);
	expect(await streams.load(A)).toBeUndefined();
	await streams.save(A, { id: "sm-1", inbound: 3, jid: A });
	await streams.save(A, { id: "sm-1", inbound: 4_294_967_295, jid: A });
	file.client.close();
	file = await openFile();
	expect(await openStreams(file.db).load(A)).toEqual({ id: "sm-1", inbound: 4_294_967_295, jid: A });
});

test("a new session of an address takes the place of the old one, and addresses are apart", async () => {
	const streams = openStreams(file.db);
	await streams.save(A, { id: "sm-1", inbound: 3, jid: A });
	await streams.save(B, { id: "sm-2", inbound: 7, jid: B });
	await streams.save(A, { id: "sm-3", inbound: 0, jid: A });
	expect(await streams.load(A)).toEqual({ id: "sm-3", inbound: 0, jid: A });
	await streams.forget(A);
	expect(await streams.load(A)).toBeUndefined();
	expect(await streams.load(B)).toEqual({ id: "sm-2", inbound: 7, jid: B });
});
