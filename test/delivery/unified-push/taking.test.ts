import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { unifiedPushBounds } from "../../../src/limits/bounds/unified-push.ts";
import { createKeyring } from "../../../src/secrets.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { PLENTY } from "../delivery-fixture.ts";
import {
	keyring,
	LIFE_MS,
	openUnifiedPushFixture,
	push,
	type UnifiedPushFixture,
} from "./unified-push-fixture.ts";

let fixture: UnifiedPushFixture;
beforeEach(async () => {
	fixture = await openUnifiedPushFixture();
});
afterEach(() => fixture.close());

const row = async () => {
	const { rows } = await fixture.database.client.execute("SELECT * FROM unifiedpush_messages");
	return rows[0];
};

const renewedBefore = (ms: number) =>
	fixture.database.client.execute(`UPDATE registrations SET renewed_at = ${Date.now() - ms}`);

describe("a push to an endpoint", () => {
	test("is kept before it is answered, for as long as was granted", async () => {
		const { token, node } = await fixture.register();
		const take = fixture.taking(null);
		const taken = await take(token, push("hello", { ttlSeconds: 60, topic: "t" }));
		expect(taken).toMatchObject({ kind: "kept", ttlSeconds: 60 });
		expect(await row()).toMatchObject({
			node,
			topic: "t",
			body: "aGVsbG8=",
			bytes: 5,
			expires_at: fixture.clock.now + 60_000,
			claimed_by: null,
		});
		const longest = unifiedPushBounds.timeToLive.is;
		expect(await take(token, push("2", { ttlSeconds: 1e9 }))).toMatchObject({ ttlSeconds: longest });
	});

	test("that may not be kept is tried all the same: a connector may have to find it first", async () => {
		const { token } = await fixture.register();
		expect(await fixture.taking(null)(token, push("1", { ttlSeconds: 0 }))).toMatchObject({ ttlSeconds: 0 });
		const expiresAt = (await row())?.expires_at;
		expect(Number(expiresAt) - fixture.clock.now).toBe(15_000);
	});

	test("of any bytes is told apart from its base64 alone", async () => {
		const { token } = await fixture.register();
		const body = crypto.getRandomValues(new Uint8Array(4096));
		await fixture.taking(null)(token, push("", { body }));
		expect(Buffer.from(String((await row())?.body), "base64")).toEqual(Buffer.from(body));
	});

	test("that was never one is unknown, and nothing is looked up", async () => {
		const { token, node } = await fixture.register();
		const [, secret = ""] = token.split(".");
		const asked: unknown[] = [];
		const { find } = fixture.registrations;
		fixture.registrations.find = (given) => {
			asked.push(given);
			return find(given);
		};
		const take = fixture.taking();
		const other = await createKeyring("another key of at least thirty-two characters");
		const foreign = other.createNode();
		const flipped = secret.startsWith("A") ? `B${secret.slice(1)}` : `A${secret.slice(1)}`;
		for (const bad of [
			"",
			"x",
			node,
			`${node}.`,
			`${node}.${flipped}`,
			`${node}.${await keyring.secretOf(node)}`,
			`${node}.${await keyring.deviceSecretOf(node)}`,
			`${token}.x`,
			`imported.${secret}`,
		])
			expect([bad, await take(bad, push("1"))]).toEqual([bad, { kind: "unknown" }]);
		expect(await take(`${foreign}.${await other.endpointSecretOf(foreign)}`, push("1"))).toEqual({
			kind: "key-missing",
		});
		expect(asked).toEqual([]);
	});

	test("that ended is gone, and so is one that was not renewed for sixty days", async () => {
		const first = await fixture.register();
		await fixture.registrations.remove(first.node);
		const take = fixture.taking();
		expect(await take(first.token, push("1"))).toEqual({ kind: "gone" });
		const { token, node } = await fixture.register();
		await renewedBefore(LIFE_MS - 60_000);
		expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
		await renewedBefore(LIFE_MS + 1_000);
		expect(await take(token, push("1"))).toEqual({ kind: "gone" });
		expect(await fixture.registrations.find(node)).toBeUndefined();
	});

	test("does not end at the word of a clock that is years ahead, or of a replica that is old", async () => {
		const { token, node } = await fixture.register();
		const take = fixture.taking(null);
		fixture.clock.now += 10 * LIFE_MS;
		expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
		fixture.clock.now -= 10 * LIFE_MS;
		await renewedBefore(LIFE_MS + 1_000);
		const old = await fixture.registrations.find(node);
		await fixture.register();
		fixture.registrations.find = async () => old;
		expect(await take(token, push("2"))).toMatchObject({ kind: "kept" });
		expect(await fixture.registrations.findAtPrimary(node)).toBeDefined();
	});

	test("of somebody who is barred ends what was registered by a process that did not know it yet", async () => {
		await fixture.bars.add("example.org", "spam");
		const { token, node } = await fixture.register();
		const take = fixture.taking();
		expect(await take(token, push("1"))).toEqual({ kind: "gone" });
		expect(await fixture.registrations.find(node)).toBeUndefined();
		// Lifted by another process, of which this one does not know yet.
		const after = await fixture.register();
		await fixture.database.client.execute("DELETE FROM bars");
		expect(await take(after.token, push("2"))).toMatchObject({ kind: "kept" });
	});

	test("is not sent to what registered in another way", async () => {
		const node = keyring.createNode();
		const wanted = {
			owner: "juliet@example.org",
			app: "webpush",
			device: "d",
			token: "https://push.example/1",
		};
		await fixture.registrations.registerInBatch(wanted, node);
		const token = `${node}.${await keyring.endpointSecretOf(node)}`;
		expect(await fixture.taking()(token, push("1"))).toEqual({ kind: "gone" });
	});

	test("comes as often as its endpoint allows, and others suffer nothing", async () => {
		const { token } = await fixture.register();
		const other = await fixture.register(`${"C".repeat(43)}= ${"D".repeat(43)}=`);
		const take = fixture.taking(null);
		const { burst } = unifiedPushBounds.endpointRate.is;
		for (let number = 0; number < burst; number++)
			expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
		expect(await take(token, push("1"))).toEqual({ kind: "too-often", waitMs: 1000 });
		expect(await take(other.token, push("1"))).toMatchObject({ kind: "kept" });
		fixture.clock.now += 1000;
		expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
	});

	test("finds no room where one domain has its share, or the disk is full; what was delivered makes room", async () => {
		await fixture.close();
		fixture = await openUnifiedPushFixture({ isOpen: true });
		const { token } = await fixture.register();
		const { waitingInAll, share, usageAge } = unifiedPushBounds;
		const most = Math.floor(waitingInAll.is * share.is);
		// More than one registration may have.
		await fixture.database.client.execute({
			sql: "INSERT INTO unifiedpush_messages (node, party, bytes, expires_at, due_at, body) VALUES (?, ?, ?, 9e15, 0, '')",
			args: ["another", "example.org", most - unifiedPushBounds.waitingLeast.is],
		});
		const take = fixture.taking(null);
		// However small it is: a row of one byte is a row.
		expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
		expect(await take(token, push("1"))).toEqual({ kind: "full" });
		await fixture.messages.removeOf("another");
		// It is counted again, since it seems full, though not at once.
		expect(await take(token, push("1"))).toEqual({ kind: "full" });
		fixture.clock.now += 600;
		expect(usageAge.is).toBeGreaterThan(600);
		expect(await take(token, push("1"))).toMatchObject({ kind: "kept" });
		expect(await fixture.taking(null, async () => false)(token, push("1"))).toEqual({ kind: "full" });
	});

	test("to an endpoint of the new key finds what was registered with the old one, and takes it over", async () => {
		const { node } = await fixture.register();
		const wanted = await fixture.registrations.find(node);
		const { followKeys } = await import("../../../src/store/registrations/key-change.ts");
		const { createTaking } = await import("../../../src/delivery/unified-push/taking.ts");
		const changed = await createKeyring("a new key of at least thirty-two characters, for tests", [
			"a key of at least thirty-two characters, for tests",
		]);
		const registrations = followKeys(
			createRegistrations(fixture.database.db, PLENTY),
			changed,
			() => changed.ids,
		);
		const take = createTaking({
			registrations,
			bars: fixture.bars,
			keyring: changed,
			messages: fixture.messages,
			isOpen: false,
			endpointLifeMs: LIFE_MS,
		});
		const old = `${node}.${await changed.endpointSecretOf(node)}`;
		expect(await take(old, push("1"))).toMatchObject({ kind: "kept" });
		const twin = changed.underCurrentKey(node);
		expect(twin).not.toBe(node);
		const renewed = `${twin}.${await changed.endpointSecretOf(twin)}`;
		expect(await take(renewed, push("2"))).toMatchObject({ kind: "kept" });
		const { rows } = await fixture.database.client.execute("SELECT DISTINCT node FROM unifiedpush_messages");
		expect(rows.map((each) => each.node)).toEqual([twin]);
		expect(await registrations.find(twin)).toEqual({ ...wanted, node: twin } as never);
	});
});
