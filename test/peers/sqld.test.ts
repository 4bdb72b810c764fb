/** The libSQL server as a peer: it keeps its data, and can be made to hang. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createClient } from "@libsql/client";
import { type Sqld, startSqld } from "./sqld.ts";

let primary: Sqld;
let replica: Sqld;

beforeAll(async () => {
	primary = await startSqld();
	replica = await startSqld({ primary });
}, 30_000);
afterAll(() => Promise.all([primary?.stop(), replica?.stop()]), 30_000);

const ask = (server: Sqld, sql: string) => createClient({ url: server.httpUrl }).execute(sql);

test("what is written through the replica is at the primary, and there after a stop and a crash", async () => {
	await ask(replica, "CREATE TABLE facts (name TEXT)");
	await ask(replica, "INSERT INTO facts VALUES ('kept')");
	await primary.stop();
	await expect(ask(primary, "SELECT 1")).rejects.toThrow();
	await primary.start();
	await primary.kill9();
	await primary.start();
	expect((await ask(primary, "SELECT name FROM facts")).rows.map(({ name }) => name)).toEqual(["kept"]);
}, 30_000);

test("one that is paused answers when it goes on", async () => {
	await primary.pause();
	let answered = false;
	const answer = ask(primary, "SELECT 1").then(() => {
		answered = true;
	});
	// The replica reads what it has meanwhile: that it is asked and answers shows that time has passed.
	expect((await ask(replica, "SELECT count(*) AS n FROM facts")).rows).toHaveLength(1);
	expect(answered).toBe(false);
	primary.resume();
	await answer;
}, 30_000);
