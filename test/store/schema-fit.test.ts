/** Whether a database has the tables of this version: more is fine, less is said. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { checkedClient } from "../../src/store/checked-client.ts";
import { checkSchema, OtherSchema } from "../../src/store/schema-fit.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

test("the committed SQL makes tables that fit", async () => {
	await checkSchema(database.client);
});

test("what a newer version added does not matter", async () => {
	await database.client.execute("ALTER TABLE registrations ADD COLUMN mood TEXT NOT NULL DEFAULT ''");
	await database.client.execute("CREATE TABLE moods (name TEXT)");
	await checkSchema(database.client);
});

test.each([
	["a table", "DROP TABLE handover", "no such table: handover"],
	["a column", "ALTER TABLE registrations DROP COLUMN muc", "no such column: muc"],
])("%s that is missing is named, with what to do", async (_, sql, missing) => {
	await database.client.execute(sql);
	const fault = await checkSchema(database.client).catch((error) => error);
	expect(fault).toBeInstanceOf(OtherSchema);
	expect(fault.message).toContain(missing);
	expect(fault.message).toContain("Start a connector of this version first");
});

test("a client is checked at each use until the check has passed, and then no more", async () => {
	let checks = 0;
	let passes = false;
	const client = checkedClient(database.client, async () => {
		checks++;
		if (!passes) throw new Error("not yet");
	});
	await expect(client.execute("SELECT 1")).rejects.toThrow("not yet");
	await expect(client.batch(["SELECT 1"])).rejects.toThrow("not yet");
	passes = true;
	await client.execute("SELECT 1");
	await client.batch(["SELECT 1"]);
	expect(checks).toBe(3);
});
