/** Rows of the outbox and of the hand-over table: what was put comes out, whatever version put it. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { openDatabase } from "../../src/bun/database/open.ts";
import { createHandover } from "../../src/store/handover.ts";
import { type OutboxEntry, openOutbox } from "../../src/store/local/outbox.ts";
import type { Notification } from "../../src/types.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { claim, same } from "./claims.ts";
import { anyText } from "./hostile.ts";
import { eventually, type Fuzzed } from "./property.ts";
import { openQuickDatabase, quick } from "./quick-database.ts";

const folder = temporaryFolder("fuzz-outbox");
const file = await quick(
	await openDatabase({ url: `file:${join(folder.path, "outbox.db")}`, migrations: "outbox" }),
);
const shared = await openQuickDatabase();
const NOW = 1_800_000_000_000;
const handover = createHandover(shared.db, () => NOW);

/** The driver ends a text at its first zero. */
const stored = anyText.map((text) => text.replaceAll("\0", "?"));
/** SQLite's texts are UTF-8: half a character has none. */
const whole = <T>(value: T): T =>
	JSON.parse(JSON.stringify(value), (_, it) => (typeof it === "string" ? it.toWellFormed() : it));
const time = fc.integer({ min: 0, max: 2 ** 45 });
const notification = fc.record(
	{
		class: fc.constantFrom("voip", "event", "high", "low"),
		count: fc.nat(),
		pending: fc.nat(),
		sender: stored,
		body: stored,
		nickname: stored,
		event: stored,
		encrypted: fc.record(
			{ data: stored, iv: stored, type: stored },
			{ requiredKeys: ["data", "iv"], noNullPrototype: true },
		),
	},
	{ requiredKeys: ["class"], noNullPrototype: true },
) as Arbitrary<Notification>;
const entry = fc.record(
	{
		node: fc.oneof(fc.constantFrom("N", "M"), stored),
		class: fc.constantFrom("voip", "event", "high", "low"),
		version: fc.nat(9),
		notification,
		attempts: fc.nat(100),
		dueAt: time,
		expiresAt: time,
		lastError: stored,
		gate: stored,
		publisher: stored,
	},
	{
		requiredKeys: ["node", "class", "version", "notification", "attempts", "dueAt", "expiresAt"],
		noNullPrototype: true,
	},
) as Arbitrary<OutboxEntry>;

const lane = ({ node, class: its }: OutboxEntry) => `${node} ${its}`;
const byLane = (entries: readonly OutboxEntry[]) =>
	[...entries].sort((one, other) => (lane(one) < lane(other) ? -1 : lane(one) > lane(other) ? 1 : 0));

/** As the first release had them: without gate and publisher. */
const OLD =
	"INSERT OR REPLACE INTO outbox (node, class, version, notification, attempts, due_at, expires_at, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

export const fuzzed: Fuzzed = {
	name: "rows that were put",
	properties: [
		eventually(
			"into the outbox, by this version or the first, come out as they were: the newest of each lane",
			{ weight: 2, most: 8_000 },
			fc.tuple(fc.array(entry, { maxLength: 4 }), fc.array(entry, { maxLength: 2 })),
			async ([entries, formerly]) => {
				const former = formerly.map(whole);
				await file.client.batch([
					"DELETE FROM outbox",
					...former.map(
						({ node, class: its, version, notification, attempts, dueAt, expiresAt, lastError }) => ({
							sql: OLD,
							args: [
								node,
								its,
								version,
								JSON.stringify(notification),
								attempts,
								dueAt,
								expiresAt,
								lastError ?? null,
							],
						}),
					),
				]);
				const outbox = await openOutbox(file.db, async () => {});
				await outbox.put(...entries);
				const wanted = new Map<string, OutboxEntry>();
				for (const { gate: _, publisher: __, ...row } of former) wanted.set(lane(row), row);
				for (const one of entries.map(whole))
					if (one.version >= (wanted.get(lane(one))?.version ?? 0)) wanted.set(lane(one), one);
				const read: OutboxEntry[] = [];
				for (const { queue } of await outbox.queues(undefined, 100))
					read.push(...(await outbox.due(queue, 2 ** 46, 100)));
				same(byLane(read), byLane([...wanted.values()]));
				for (const { node, class: its } of read)
					claim(outbox.mayHave(node, its) || node.includes("\ufffd"), "a lane that is not known");
				const newest = Math.max(0, ...read.map(({ version }) => version));
				const opened = await openOutbox(file.db, async () => {});
				same(opened.nextVersion() > newest, true);
			},
		),
		eventually(
			"into the hand-over table come out once, oldest first, unless they expired",
			{ weight: 1, most: 6_000 },
			fc.array(fc.tuple(stored, notification, fc.integer({ min: NOW - 2, max: NOW + 2 })), { maxLength: 4 }),
			async (given) => {
				const rows = given.map(([node, its, expiresAt]) => [node.toWellFormed(), its, expiresAt] as const);
				await shared.client.execute("DELETE FROM handover");
				for (const [node, its, expiresAt] of rows) await handover.put(node, its, expiresAt);
				const claimed = await handover.claim("one", 10, 1000);
				const live = rows.filter(([, , expiresAt]) => expiresAt >= NOW);
				same(
					claimed.map(({ node, notification }) => [node, notification]),
					live.map(([node, its]) => [node, its]),
				);
				same(await handover.claim("other", 10, 1000), []);
			},
		),
	],
	async close() {
		file.client.close();
		await shared.close();
		await rm(folder.path, { recursive: true, force: true });
	},
};
