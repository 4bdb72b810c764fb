import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ImportedRegistration, importRegistrations } from "../../../src/store/registrations/import.ts";
import { createRegistrations, type Registrations } from "../../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let store: Registrations;
let clock: number;
beforeEach(async () => {
	database = await openTestDatabase();
	clock = 10_000;
	store = createRegistrations(database.db, { owner: 9, address: 9, host: 9 }, { now: () => clock });
});
afterEach(() => database.close());

const one: ImportedRegistration = {
	node: "node-1",
	formerHash: "hash-1",
	owner: "",
	app: "apns",
	device: "form:1",
	token: "token-1",
	jid: "push.example.org",
	dialect: "push-appserver",
	registeredAt: 1_000,
	renewedAt: 2_000,
	lastSuccessAt: 3_000,
};
const run = async (...batch: ImportedRegistration[]) => importRegistrations(database.db, batch, clock);
const hashes = async () =>
	(await database.client.execute("SELECT node, hash FROM former_secrets ORDER BY node")).rows.map(
		({ node, hash }) => `${node} ${hash}`,
	);

describe("importing", () => {
	test("keeps the node, the token, the times, and the hash of the secret", async () => {
		expect(await run(one)).toEqual([{ kind: "imported" }]);
		const { formerHash: _hash, ...registration } = one;
		expect(await store.find("node-1")).toEqual(registration as never);
		expect(await hashes()).toEqual(["node-1 hash-1"]);
	});

	test("takes it to be of now where no times are known", async () => {
		const { registeredAt: _1, renewedAt: _2, ...unknown } = one;
		await run(unknown);
		expect(await store.find("node-1")).toMatchObject({ registeredAt: clock, renewedAt: clock });
		clock += 1;
		expect(await run(unknown)).toEqual([{ kind: "unchanged" }]);
	});

	test("a second time changes nothing", async () => {
		await run(one);
		expect(await run({ ...one, formerHash: "other" })).toEqual([{ kind: "unchanged" }]);
		expect(await hashes()).toEqual(["node-1 hash-1"]);
	});

	test("a second time undoes no renewal, nor brings a secret back that ended", async () => {
		await run(one);
		await store.renew("node-1", { token: "token-2" }, undefined);
		await database.client.execute("DELETE FROM former_secrets");
		expect(await run(one)).toEqual([{ kind: "unchanged" }]);
		expect((await store.find("node-1"))?.token).toBe("token-2");
		expect(await hashes()).toEqual([]);
	});

	test("a second time takes over what was renewed at the other app server meanwhile", async () => {
		await run(one);
		const renewed = { ...one, token: "token-2", device: "form:2", formerHash: "hash-2", renewedAt: 4_000 };
		expect(await run(renewed)).toEqual([{ kind: "updated" }]);
		expect(await store.find("node-1")).toMatchObject({
			token: "token-2",
			device: "form:2",
			renewedAt: 4_000,
		});
		expect(await hashes()).toEqual(["node-1 hash-2"]);
	});

	test("but not what has an owner now, nor where the device registered here anew", async () => {
		await run(one);
		await store.register({ owner: "", app: "apns", device: "form:2", token: "token-2" }, () => "new");
		const renewed = { ...one, token: "token-2", device: "form:2", renewedAt: 4_000 };
		expect(await run(renewed)).toEqual([{ kind: "unchanged" }]);
		await database.client.execute(
			"UPDATE registrations SET owner = 'romeo@example.net' WHERE node = 'node-1'",
		);
		expect(await run({ ...renewed, device: "form:3" })).toEqual([{ kind: "unchanged" }]);
		expect((await store.find("node-1"))?.token).toBe("token-1");
	});

	test("a second time does not bring back what ended here", async () => {
		await run(one);
		await store.remove("node-1");
		expect(await run(one)).toEqual([{ kind: "refused", reason: "ended here since it was imported" }]);
		expect(await store.find("node-1")).toBeUndefined();
	});

	test("refuses a node of another app, and a device that has another node here", async () => {
		await run(one);
		const other = { ...one, node: "node-2", formerHash: "hash-2" };
		expect(await run({ ...one, app: "fcm", renewedAt: 9_000 }, other)).toEqual([
			{ kind: "refused", reason: "its node is taken by a registration of another app" },
			{ kind: "refused", reason: "its device is registered here already, with another node" },
		]);
		expect(await hashes()).toEqual(["node-1 hash-1"]);
	});

	test("tells what became of each, in their order", async () => {
		await run(one);
		const results = await run(
			{ ...one, node: "node-0", device: "form:0" },
			one,
			{ ...one, node: "node-2" },
			{ ...one, node: "node-3", device: "form:3" },
		);
		expect(results.map(({ kind }) => kind)).toEqual(["imported", "unchanged", "refused", "imported"]);
		expect(await run()).toEqual([]);
	});

	test("writes nothing when it is only asked what would be", async () => {
		expect(await importRegistrations(database.db, [one], clock, true)).toEqual([{ kind: "imported" }]);
		expect(await store.find("node-1")).toBeUndefined();
		expect(await hashes()).toEqual([]);
		expect(await run(one)).toEqual([{ kind: "imported" }]);
	});

	test("writes all of a batch or none", async () => {
		const broken = { ...one, node: "node-2", device: "form:2", token: undefined as unknown as string };
		await expect(run(one, broken)).rejects.toThrow();
		expect(await store.find("node-1")).toBeUndefined();
		expect(await hashes()).toEqual([]);
	});
});
