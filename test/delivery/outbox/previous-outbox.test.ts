/** What the release before promised: its outbox knew of no queues, and is opened by this one. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { migrationsOf } from "../../../src/bun/database/migrations.ts";
import { openDatabase } from "../../../src/bun/database/open.ts";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import { openOutbox } from "../../../src/store/local/outbox.ts";
import { type DeliveryFixture, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "./started-loop.ts";

let folder: string;
let fixture: DeliveryFixture;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	fixture = await openDeliveryFixture();
});
afterEach(async () => {
	await fixture.close();
	await rm(folder, { recursive: true, force: true });
});

const COUNT = 40;

test("is brought up to date with all that is in it, and every push goes out once", async () => {
	const url = `file:${join(folder, "outbox.db")}`;
	const before = createClient({ url });
	const [start] = migrationsOf("outbox");
	if (!start) throw new Error("there is no first migration");
	await before.batch([
		...start.sql,
		"CREATE TABLE migrations (hash TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)",
		{ sql: "INSERT INTO migrations VALUES (?, 0)", args: [start.hash] },
	]);
	const nodes = await Promise.all(
		Array.from({ length: COUNT }, async (_, i) => (await fixture.register(`device ${i}`)).registration.node),
	);
	await before.batch(
		nodes.map((node, i) => ({
			sql: "INSERT INTO outbox (node, class, version, notification, attempts, due_at, expires_at) VALUES (?, 'high', ?, ?, 1, ?, ?)",
			args: [
				node,
				i + 1,
				JSON.stringify({ class: "high", count: i }),
				fixture.clock.now,
				fixture.clock.now + 60_000,
			],
		})),
	);
	before.close();

	const file = await openDatabase({ url, migrations: "outbox" });
	const outbox = await openOutbox(file.db);
	expect(outbox.nextVersion()).toBe(COUNT + 1);
	const through = Promise.withResolvers<void>();
	// Fewer at once than there are: the rest moves to the gate's own queue.
	const gates = createGates({ now: () => fixture.clock.now });
	const delivery = fixture.compose({
		outbox,
		gates,
		maxInFlight: 3,
		onQueued: (at, queue) => loop.wake(at, queue),
	});
	fixture.service.program.push(...Array.from({ length: COUNT + 1 }, () => ({ kind: "delivered" }) as const));
	// A newer publish makes up for what the release before kept.
	await delivery.push(nodes[0] as string, { class: "high", count: 1000 });
	const loop = startOutboxLoop(
		outbox,
		async (entry) => {
			const tried = await delivery.retry(entry);
			if ((await outbox.depth()).entries === 0) through.resolve();
			return tried;
		},
		fixture.log,
		() => fixture.clock.now,
	);
	await through.promise;
	await loop.stop();
	const counts = fixture.service.calls.map(({ notification }) => notification.count ?? -1);
	expect(counts.sort((a, b) => a - b)).toEqual([...Array.from({ length: COUNT - 1 }, (_, i) => i + 1), 1000]);
	file.client.close();
});

test("of the last release's rows all stay as they are, in the slot of what supersedes each other", async () => {
	const url = `file:${join(folder, "outbox.db")}`;
	const before = createClient({ url });
	const formerly = migrationsOf("outbox").slice(0, 2);
	await before.batch([
		...formerly.flatMap(({ sql }) => sql),
		"CREATE TABLE migrations (hash TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)",
		...formerly.map(({ hash }) => ({ sql: "INSERT INTO migrations VALUES (?, 0)", args: [hash] })),
		`INSERT INTO outbox (node, class, version, notification, attempts, due_at, expires_at, last_error, gate, publisher)
			VALUES ('N', 'high', 7, '{"class":"high","count":1}', 3, 1000, 9000, '503', 'webpush', NULL),
			('N', 'low', 8, '{"class":"low"}', 0, 2000, 9000, NULL, NULL, 'capulet.example')`,
	]);
	before.close();
	const file = await openDatabase({ url, migrations: "outbox" });
	const outbox = await openOutbox(file.db);
	const high = { node: "N", class: "high", version: 7, attempts: 3, dueAt: 1000, expiresAt: 9000 } as const;
	expect(await outbox.due("webpush", 9999, 9)).toEqual([
		{ ...high, notification: { class: "high", count: 1 }, lastError: "503", gate: "webpush" },
	]);
	const low = { node: "N", class: "low", version: 8, attempts: 0, dueAt: 2000, expiresAt: 9000 } as const;
	expect(await outbox.due(undefined, 9999, 9)).toEqual([
		{ ...low, notification: { class: "low" }, publisher: "capulet.example" },
	]);
	await outbox.put({ ...high, version: 9, notification: { class: "high", count: 2 }, gate: "webpush" });
	expect((await outbox.due("webpush", 9999, 9)).map(({ version }) => version)).toEqual([9]);
	file.client.close();
});
