import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeyring } from "../../src/secrets.ts";
import { checkSecretKey, WrongKey } from "../../src/store/facts.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const FIRST = "first key of this database, 32+ characters";
const SECOND = "second key of this database, 32+ characters";
const THIRD = "a key that this database has never seen before";

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

let clock = 0;
const start = async (key: string, ...old: string[]) =>
	checkSecretKey(database.db, await createKeyring(key, old), () => ++clock);
const idOf = async (key: string) => (await createKeyring(key)).ids[0];
const stored = async () =>
	(await database.client.execute("SELECT value FROM facts WHERE name LIKE '%fingerprint'")).rows.map(
		({ value }) => value,
	);

describe("the key that the secrets of a database are derived from", () => {
	test("is noted at the first start, as a fingerprint that is not the key", async () => {
		await start(FIRST);
		expect(await stored()).toEqual([(await createKeyring(FIRST)).fingerprint]);
		expect(String(await stored())).not.toContain(FIRST);
	});

	test("is accepted at every later start", async () => {
		await start(FIRST);
		await start(FIRST);
		expect(await stored()).toHaveLength(1);
	});

	test("stops the start when it is another: all registrations would be dropped by their servers", async () => {
		await start(FIRST);
		await expect(start(THIRD)).rejects.toThrow(WrongKey);
		await expect(start(THIRD)).rejects.toThrow(/secret\.key in DATA_DIR.*SECRET_KEY_OLD/);
		await start(FIRST);
	});

	test("is not excused by an old key that this database has never had either", async () => {
		await start(FIRST);
		await expect(start(THIRD, SECOND)).rejects.toThrow(WrongKey);
	});

	test("may be changed with the old one beside it; then the new one is the database's", async () => {
		await start(FIRST);
		await start(SECOND, FIRST);
		await start(SECOND);
		await expect(start(FIRST)).rejects.toThrow(WrongKey);
		await start(FIRST, SECOND);
	});

	test("is known by its id ever after, and since when it is the current one", async () => {
		const first = await start(FIRST);
		expect(first).toEqual({ ids: [await idOf(FIRST)], since: clock });
		expect(await start(FIRST)).toEqual(first);
		const second = await start(SECOND, FIRST);
		expect(second.ids.toSorted()).toEqual([await idOf(FIRST), await idOf(SECOND)].toSorted());
		expect(second.since).toBe(clock);
		// The old one is gone from the settings, and still known.
		expect(await start(SECOND)).toEqual(second);
	});

	test("may be announced as an old one first, and is the current one since it became that", async () => {
		const { since } = await start(FIRST, SECOND);
		const second = await start(SECOND, FIRST);
		expect(second.since).toBeGreaterThan(since);
		expect((await start(SECOND, FIRST)).since).toBe(second.since);
		// And back again.
		expect((await start(FIRST, SECOND)).since).toBeGreaterThan(second.since);
	});

	test("is one, of two first starts at once with different keys", async () => {
		const starts = await Promise.allSettled([start(FIRST), start(SECOND)]);
		expect(starts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
		const winner = starts[0].status === "fulfilled" ? FIRST : SECOND;
		expect(await stored()).toEqual([(await createKeyring(winner)).fingerprint]);
	});

	test("passes two first starts at once with the same key", async () => {
		await Promise.all([start(FIRST), start(FIRST)]);
	});

	test("is never in what the error says", async () => {
		await start(FIRST);
		const message = await start(THIRD).catch((error: Error) => error.message);
		expect(message).not.toContain(THIRD);
		expect(message).not.toContain((await createKeyring(FIRST)).fingerprint);
	});
});
