import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
	createIdCheck,
	ensureId,
	missedSurely,
	nodesSurely,
	OtherDatabase,
} from "../../src/store/database-id.ts";
import { createPubsubNodes } from "../../src/store/pubsub-nodes.ts";
import { databaseReadiness } from "../../src/store/readiness.ts";
import { createFormerSecrets } from "../../src/store/registrations/former-secrets.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const QUOTAS = { owner: 100, address: 100, host: 100 };

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

/** Another database in this one's place: without its rows, and with the id that the next start gave it. */
const replaced = () =>
	database.client.executeMultiple(
		"DELETE FROM registrations; DELETE FROM former_secrets; UPDATE facts SET value = 'another' WHERE name = 'database-id'",
	);
const lost = () => database.client.execute("DELETE FROM facts");

test("of first starts at once, all know one id; a later one knows the same", async () => {
	const ids = await Promise.all([ensureId(database.db), ensureId(database.db), ensureId(database.db)]);
	expect(new Set([...ids, await ensureId(database.db)]).size).toBe(1);
});

describe("whoever is not there any more", () => {
	const device = { token: "https://push.example/1" };
	async function registrations(now?: () => number) {
		const check = createIdCheck(database.db, await ensureId(database.db));
		return {
			registrations: missedSurely(createRegistrations(database.db, QUOTAS), check),
			former: createFormerSecrets(database.db, { check, ...(now && { now }) }),
			nodes: nodesSurely(createPubsubNodes(database.db), check),
			check,
		};
	}

	test("is known to be gone in the same database", async () => {
		const { registrations: same, former, nodes } = await registrations();
		expect(await same.findAtPrimary("node")).toBeUndefined();
		expect(await same.renew("node", device, undefined)).toBeUndefined();
		expect(await former.hashOf("node")).toBeUndefined();
		expect(await nodes.ofHost("pubsub.example")).toEqual([]);
	});

	test.each([
		["was replaced", replaced],
		["has no id any more", lost],
	] as const)("is not said to be gone by one that %s", async (_what, happen) => {
		const { registrations: other, former, nodes, check } = await registrations();
		await happen();
		await expect(other.findAtPrimary("node")).rejects.toThrow(OtherDatabase);
		await expect(other.renew("node", device, undefined)).rejects.toThrow(OtherDatabase);
		await expect(former.hashOf("node")).rejects.toThrow(OtherDatabase);
		await expect(nodes.ofHost("pubsub.example")).rejects.toThrow(OtherDatabase);
		expect(await databaseReadiness({ client: database.client, check })).toContain("Restore its backup");
	});

	test("has no wrong secret by one that was replaced while there were former secrets", async () => {
		const { former } = await registrations();
		await database.client.execute("INSERT INTO former_secrets VALUES ('node', 'hash'), ('other', 'hash')");
		expect(await former.hashOf("node")).toBe("hash");
		await replaced();
		await expect(former.hashOf("other")).rejects.toThrow(OtherDatabase);
	});
});

test("a database that could not be asked at the start is the one that answers first", async () => {
	const check = createIdCheck(database.db, undefined);
	await check();
	await check();
	await replaced();
	await expect(check()).rejects.toThrow(OtherDatabase);
});
