import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { handOver } from "../../../src/delivery/handover/hand-over.ts";
import { startHandoverLoop } from "../../../src/delivery/handover/handover-loop.ts";
import { createHandover, type Handover } from "../../../src/store/handover.ts";
import type { Answer } from "../../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";
import { readableLog } from "../delivery-fixture.ts";

let database: TestDatabase;
let handover: Handover;
beforeEach(async () => {
	database = await openTestDatabase();
	handover = createHandover(database.db);
});
afterEach(async () => {
	jest.useRealTimers();
	await database.close();
});

const rows = async () =>
	Number((await database.client.execute("SELECT count(*) AS n FROM handover")).rows[0]?.n);
const put = (count: number) => handover.put("N", { class: "high", count }, Date.now() + 60_000);

describe("pushes that were handed over", () => {
	test("are sent in order, and their rows go once they are answered for", async () => {
		for (const count of [1, 2, 3]) await put(count);
		const sent: (number | undefined)[] = [];
		const loop = startHandoverLoop(
			handover,
			async (_node, { count }) => {
				sent.push(count);
				return { kind: "done", how: "delivered" };
			},
			readableLog().log,
		);
		await loop.stop();
		expect(sent).toEqual([1, 2, 3]);
		expect(await rows()).toBe(0);
	});

	test("do not wait for one that takes its time", async () => {
		await put(1);
		const slow = Promise.withResolvers<Answer>();
		const second = Promise.withResolvers<void>();
		const loop = startHandoverLoop(
			handover,
			async (_node, { count }) => {
				if (count === 1) return slow.promise;
				second.resolve();
				return { kind: "done", how: "delivered" };
			},
			readableLog().log,
		);
		await put(2);
		await second.promise;
		slow.resolve({ kind: "done", how: "delivered" });
		await loop.stop();
		expect(await rows()).toBe(0);
	});

	test("go when they are gone or refused, and stay when they could not even be queued", async () => {
		for (const count of [1, 2, 3]) await put(count);
		const answers: Record<number, Answer> = {
			1: { kind: "unknown", reason: "no such registration" },
			2: { kind: "wait", reason: "the outbox cannot be written" },
			3: { kind: "refused", reason: "refused by the push service: 400" },
		};
		const loop = startHandoverLoop(
			handover,
			async (_node, { count }) => answers[count ?? 0] as Answer,
			readableLog().log,
		);
		await loop.stop();
		expect(await rows()).toBe(1);
	});

	test("are sent once, by one of two connectors", async () => {
		for (let count = 0; count < 50; count++) await put(count);
		const sent: (number | undefined)[] = [];
		const loops = ["one", "two"].map((claimant) =>
			startHandoverLoop(
				handover,
				async (_node, { count }) => {
					sent.push(count);
					return { kind: "done", how: "delivered" };
				},
				readableLog().log,
				{ claimant },
			),
		);
		await Promise.all(loops.map((loop) => loop.stop()));
		expect(sent.sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([...Array(50).keys()]);
	});

	test("stay with a connector that takes longer than its lease, and are left by one that is gone", async () => {
		await put(1);
		const LEASE = 400;
		const claims = async () => (await handover.claim("another", 10, LEASE)).length;
		const answer = Promise.withResolvers<Answer>();
		const asked = Promise.withResolvers<void>();
		const loop = startHandoverLoop(
			handover,
			() => {
				asked.resolve();
				return answer.promise;
			},
			readableLog().log,
			{ claimant: "slow", leaseMs: LEASE },
		);
		await asked.promise;
		const until = Date.now() + 3 * LEASE;
		while (Date.now() < until) {
			expect(await claims()).toBe(0);
			await Bun.sleep(LEASE / 20);
		}
		// It could not even be queued: that ends the work on it, and so the renewals.
		answer.resolve({ kind: "wait", reason: "the outbox cannot be written" });
		await loop.stop();
		while ((await claims()) === 0) await Bun.sleep(LEASE / 20);
	});

	test("are claimed as fast as they are answered, not only at every look", async () => {
		for (let count = 0; count < 200; count++) await put(count);
		const all = Promise.withResolvers<void>();
		let sent = 0;
		// No time passes: the first look claims thirty, and a second one by the clock never comes.
		jest.useFakeTimers();
		const loop = startHandoverLoop(
			handover,
			async () => {
				if (++sent === 200) all.resolve();
				return { kind: "done", how: "delivered" };
			},
			readableLog().log,
		);
		await all.promise;
		jest.useRealTimers();
		await loop.stop();
	});

	test("that are held back for one device leave their places to others", async () => {
		for (let count = 1; count <= 31; count++) await put(count);
		const other = Promise.withResolvers<void>();
		const held: ((answer: Answer) => void)[] = [];
		const loop = startHandoverLoop(
			handover,
			async (_node, { count }) => {
				if (count !== 31) return new Promise<Answer>((resolve) => held.push(resolve));
				other.resolve();
				return { kind: "done", how: "delivered" };
			},
			readableLog().log,
			{
				leaseMs: 60_000,
				async onFull() {
					for (const answer of held.splice(0)) answer({ kind: "done", how: "queued" });
				},
			},
		);
		await other.promise;
		await loop.stop();
		expect(await rows()).toBe(0);
	});

	test("wait while the database is away, and the log says so without a value", async () => {
		await put(1);
		await database.client.execute("ALTER TABLE handover RENAME TO away");
		const { log, lines } = readableLog();
		const loop = startHandoverLoop(handover, async () => ({ kind: "done", how: "delivered" }), log, {
			claimant: "claimant-7",
		});
		await loop.stop();
		expect(lines).toHaveLength(1);
		expect(lines[0]).toContain("no such table");
		expect(lines[0]).not.toContain("claimant-7");
	});

	test("are waited for when the process ends", async () => {
		await put(1);
		const answer = Promise.withResolvers<Answer>();
		const asked = Promise.withResolvers<void>();
		const loop = startHandoverLoop(
			handover,
			() => {
				asked.resolve();
				return answer.promise;
			},
			readableLog().log,
		);
		await asked.promise;
		const stopping = loop.stop();
		answer.resolve({ kind: "done", how: "queued" });
		await stopping;
		expect(await rows()).toBe(0);
	});

	test("live from when they were published, a call for a minute", async () => {
		const takenIn = Date.now() - 10_000;
		const hand = handOver(
			createHandover(database.db, () => takenIn),
			3_600,
			() => takenIn,
		);
		await hand("N", { class: "high" });
		await hand("N", { class: "voip" });
		const lives = await database.client.execute("SELECT expires_at AS at FROM handover ORDER BY expires_at");
		expect(lives.rows.map(({ at }) => Number(at) - takenIn)).toEqual([60_000, 3_600_000]);
		const published: number[] = [];
		const loop = startHandoverLoop(
			handover,
			async (_node, _notification, publishedAt) => {
				published.push(publishedAt);
				return { kind: "done", how: "delivered" };
			},
			readableLog().log,
		);
		await loop.stop();
		expect(published).toEqual([takenIn, takenIn]);
	});
});
