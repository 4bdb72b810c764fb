import { afterEach, beforeEach, expect, test } from "bun:test";
import { createFormerSecrets } from "../../../src/store/registrations/former-secrets.ts";
import { formerSecrets } from "../../../src/store/schema.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let clock: number;
/** How many queries the database was asked. */
let queries: number;
beforeEach(async () => {
	database = await openTestDatabase();
	clock = 1_000_000;
	queries = 0;
	const execute = database.client.execute.bind(database.client);
	database.client.execute = ((...args: Parameters<typeof execute>) => {
		queries++;
		return execute(...args);
	}) as typeof execute;
});
afterEach(() => database.close());

const open = () => createFormerSecrets(database.db, { now: () => clock });
const keep = (...nodes: string[]) =>
	database.db.insert(formerSecrets).values(nodes.map((node) => ({ node, hash: `hash of ${node}` })));

test("are found by their node, until they are retired", async () => {
	await keep("one", "other");
	const former = open();
	expect(await former.hashOf("one")).toBe("hash of one");
	expect(await former.hashOf("unknown")).toBeUndefined();
	await former.retire("one");
	await former.retire("unknown");
	expect(await former.hashOf("one")).toBeUndefined();
	expect(await former.hashOf("other")).toBe("hash of other");
});

test("a flood of wrong secrets is kept from the database while there are none", async () => {
	const former = open();
	for (let i = 0; i < 100; i++) expect(await former.hashOf(`node ${i}`)).toBeUndefined();
	expect(queries).toBe(1);
});

test("an import that begins meanwhile is seen a second later: an unknown node may cost a registration", async () => {
	const former = open();
	expect(await former.hashOf("one")).toBeUndefined();
	await keep("one");
	clock += 1_000;
	expect(await former.hashOf("one")).toBe("hash of one");
});

test("an import after the clock was set back by a year is seen at once", async () => {
	const former = open();
	expect(await former.hashOf("one")).toBeUndefined();
	await keep("one");
	clock -= 365 * 86_400_000;
	expect(await former.hashOf("one")).toBe("hash of one");
});

test("when the last one went, that is seen a minute later", async () => {
	await keep("one");
	const former = open();
	await former.retire("one");
	await former.hashOf("one");
	clock += 60_000;
	expect(await former.hashOf("one")).toBeUndefined();
	queries = 0;
	await former.hashOf("one");
	expect(queries).toBe(0);
});

test("where the replica cannot be read, the primary is asked", async () => {
	await keep("one");
	const damaged = await openTestDatabase();
	damaged.close();
	const former = createFormerSecrets(database.db, { replica: damaged.db, now: () => clock });
	expect(await former.hashOf("one")).toBe("hash of one");
	await former.retire("one");
	expect(await open().hashOf("one")).toBeUndefined();
});
