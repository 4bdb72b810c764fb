import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { openDatabase } from "../../src/bun/database.ts";
import { backoffMs } from "../../src/delivery/backoff.ts";
import { createGates } from "../../src/delivery/gates.ts";
import { type OutboxLoop, startOutboxLoop } from "../../src/delivery/outbox-loop.ts";
import { type OutboxEntry, openOutbox } from "../../src/store/outbox.ts";
import { HIGH, openHouse, readableLog } from "./house.ts";

/** How many are tried at once. */
const CONCURRENCY = 64;
/** How long it rests after a fault of the outbox, ms. */
const FAULT_MS = 60_000;

const entry = (node: string, dueAt: number): OutboxEntry => ({
	...{ node, class: "high", version: 1, notification: { class: "high" }, attempts: 1 },
	...{ dueAt, expiresAt: Number.MAX_SAFE_INTEGER },
});

/** Everything that is ready has run. */
async function settled() {
	for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

describe("the loop", () => {
	let entries: OutboxEntry[];
	let clock: number;
	let asked: number;
	let tried: { node: string; at: number; done(error?: Error): void }[];
	let lines: string[];
	let fault: Error | undefined;
	let loop: OutboxLoop;

	beforeEach(() => {
		jest.useFakeTimers();
		[entries, clock, asked, tried, fault] = [[], 1_000_000, 0, [], undefined];
	});
	afterEach(async () => {
		for (const each of tried) each.done();
		await loop.stop();
		jest.useRealTimers();
	});

	/** Time passes. */
	async function pass(ms: number) {
		clock += ms;
		jest.advanceTimersByTime(ms);
		await settled();
	}

	async function start(now = () => clock) {
		const readable = readableLog();
		lines = readable.lines;
		const outbox = {
			async due(now: number, limit: number) {
				asked++;
				if (fault) throw fault;
				const due = entries.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
				return due.slice(0, limit);
			},
			async nextDueAt(now: number) {
				const times = entries.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > now);
				return times.length > 0 ? Math.min(...times) : undefined;
			},
		};
		const retry = ({ node }: OutboxEntry) =>
			new Promise<void>((resolve, reject) => {
				const done = (error?: Error) => {
					if (error) return reject(error);
					entries = entries.filter((each) => each.node !== node);
					resolve();
				};
				tried.push({ node, at: clock, done });
			});
		loop = startOutboxLoop(outbox, retry, readable.log, now, async () => {});
		await pass(0);
	}

	test("tries at once what was due when the process started", async () => {
		entries = [entry("a", 5), entry("b", clock)];
		await start();
		expect(tried.map(({ node }) => node)).toEqual(["a", "b"]);
	});

	test("tries each when it is due, and asks the disk for nothing in between", async () => {
		entries = [entry("a", clock + 3000), entry("b", clock + 50_000)];
		await start();
		const before = asked;
		await pass(2999);
		expect([tried.length, asked]).toEqual([0, before]);
		await pass(1);
		expect(tried.map(({ node }) => node)).toEqual(["a"]);
		tried[0]?.done();
		await settled();
		const between = asked;
		await pass(46_999);
		expect([tried.length, asked]).toEqual([1, between]);
		await pass(1);
		expect(tried.map(({ node }) => node)).toEqual(["a", "b"]);
	});

	test("overlooks no entry that falls due while it looks", async () => {
		entries = [entry("a", clock + 1)];
		// The clock goes on between the loop's two questions.
		const [nextMs, realClock] = [1, clock];
		let looks = 0;
		const ticking = () => (looks++ < 3 ? realClock : realClock + nextMs);
		await start(ticking);
		clock += nextMs;
		jest.advanceTimersByTime(nextMs);
		await settled();
		expect(tried.map(({ node }) => node)).toEqual(["a"]);
	});

	test("asks nothing at all while the outbox is empty", async () => {
		await start();
		const before = asked;
		await pass(3_600_000);
		expect(asked).toBe(before);
	});

	test("is woken for an entry that is due before all others", async () => {
		entries = [entry("late", clock + 30_000)];
		await start();
		entries.push(entry("soon", clock + 1000));
		loop.wake(clock + 1000);
		await pass(1000);
		expect(tried.map(({ node }) => node)).toEqual(["soon"]);
		tried[0]?.done();
		await pass(29_000);
		expect(tried.map(({ node }) => node)).toEqual(["soon", "late"]);
	});

	test("is not put off by an entry that is due after others", async () => {
		entries = [entry("soon", clock + 1000)];
		await start();
		loop.wake(clock + 30_000);
		await pass(1000);
		expect(tried).toHaveLength(1);
	});

	test("notices within a minute that the clock was set forward", async () => {
		entries = [entry("a", clock + 86_400_000)];
		await start();
		clock += 86_400_000;
		await pass(60_000);
		expect(tried).toHaveLength(1);
	});

	test("has a limited number on their way, and starts the next as soon as one is done", async () => {
		entries = Array.from({ length: 150 }, (_, n) => entry(`n${n}`, n));
		await start();
		expect(tried).toHaveLength(CONCURRENCY);
		tried[10]?.done();
		await settled();
		expect(tried).toHaveLength(CONCURRENCY + 1);
		for (let n = 0; n < 150; n++) {
			tried[n]?.done();
			await settled();
		}
		expect(tried).toHaveLength(150);
		expect(new Set(tried.map(({ node }) => node)).size).toBe(150);
	});

	test("keeps to that number when entries come that have been due for longer", async () => {
		entries = Array.from({ length: CONCURRENCY }, (_, n) => entry(`n${n}`, 1000 + n));
		await start();
		entries.push(...Array.from({ length: 10 }, (_, n) => entry(`older${n}`, n)));
		loop.wake(clock);
		await pass(1);
		expect(tried).toHaveLength(CONCURRENCY);
		tried[0]?.done();
		await settled();
		expect(tried.at(-1)?.node).toBe("older0");
	});

	test("never has one entry on its way twice", async () => {
		entries = [entry("a", clock)];
		await start();
		loop.wake(clock);
		await pass(1);
		loop.wake(clock);
		await pass(60_000);
		expect(tried).toHaveLength(1);
	});

	test("rests after the disk did not take a result: pushes would be doubled", async () => {
		entries = [entry("a", clock)];
		await start();
		tried[0]?.done(new Error("disk full"));
		await settled();
		expect(lines.join()).toContain("disk full");
		await pass(FAULT_MS - 1);
		expect(tried).toHaveLength(1);
		await pass(1);
		expect(tried).toHaveLength(2);
	});

	test("rests after the disk could not be read, and goes on", async () => {
		entries = [entry("a", clock)];
		fault = new Error("disk I/O error");
		await start();
		expect(lines).toHaveLength(1);
		await pass(FAULT_MS - 1);
		expect(asked).toBe(1);
		fault = undefined;
		await pass(1);
		expect(tried).toHaveLength(1);
	});

	test("takes nothing more once it was asked to stop, and waits for what is on its way", async () => {
		entries = Array.from({ length: 100 }, (_, n) => entry(`n${n}`, n));
		await start();
		let stopped = false;
		const stopping = loop.stop().then(() => {
			stopped = true;
		});
		for (const each of tried.slice(1)) each.done();
		await settled();
		expect(stopped).toBe(false);
		tried[0]?.done();
		await stopping;
		loop.wake(clock);
		await pass(60_000);
		expect(tried).toHaveLength(CONCURRENCY);
	});
});

describe("the wait before the next try", () => {
	test("doubles from five seconds to an hour, and is at least half of that", () => {
		expect([1, 2, 3, 4].map((attempts) => backoffMs(attempts, 0, () => 1))).toEqual([
			5000, 10_000, 20_000, 40_000,
		]);
		expect([1, 2, 3, 4].map((attempts) => backoffMs(attempts, 0, () => 0))).toEqual([
			2500, 5000, 10_000, 20_000,
		]);
		expect(backoffMs(5000, 0, () => 1)).toBe(3_600_000);
	});

	test("is never shorter than what the provider asked for", () => {
		expect(backoffMs(1, 90_000, () => 1)).toBe(90_000);
		expect(backoffMs(20, 90_000, () => 1)).toBe(3_600_000);
	});
});

describe("delivery and the loop over one file", () => {
	test("a provider that is unwell for three tries gets the push at the fourth", async () => {
		const house = await openHouse({ random: () => 0 });
		const { registration } = await house.register();
		const unwell = { kind: "retry", reason: "503" } as const;
		house.service.program.push(unwell, unwell, unwell, { kind: "delivered" });
		const through = Promise.withResolvers<void>();
		// The clock leaps to the time that each entry is due at.
		const delivery = house.compose({
			gates: createGates(),
			onQueued(dueAt) {
				house.clock.now = Math.ceil(dueAt);
				loop.wake(house.clock.now);
			},
		});
		const loop = startOutboxLoop(
			house.outbox,
			async (each) => {
				await delivery.retry(each);
				if ((await house.outbox.depth()).entries === 0) through.resolve();
			},
			house.log,
			() => house.clock.now,
		);
		await delivery.push(registration.node, HIGH);
		await through.promise;
		expect(house.service.calls).toHaveLength(4);
		await loop.stop();
		await house.close();
	});

	test("what a killed process left behind is sent by the next, oldest first, and newer publishes still supersede it", async () => {
		const house = await openHouse();
		const [one, two] = [await house.register("one"), await house.register("two")];
		house.service.program.push({ kind: "retry", reason: "503" }, { kind: "retry", reason: "503" });
		await house.delivery.push(one.registration.node, { class: "high", count: 1 });
		house.clock.now += 1;
		await house.delivery.push(two.registration.node, { class: "high", count: 2 });
		// The next process opens the file; nothing was closed.
		const file = await openDatabase({ url: house.outboxUrl, migrations: "outbox" });
		const outbox = await openOutbox(file.db);
		const delivery = house.compose({ outbox });
		house.service.program.push({ kind: "delivered" });
		await delivery.push(one.registration.node, { class: "high", count: 3 });
		house.clock.now += 3_000_000;
		house.service.program.push({ kind: "delivered" });
		const through = Promise.withResolvers<void>();
		const retry = (each: OutboxEntry) => delivery.retry(each).then(through.resolve);
		const loop = startOutboxLoop(outbox, retry, house.log, () => house.clock.now);
		await through.promise;
		expect(house.service.calls.map(({ notification }) => notification.count)).toEqual([1, 2, 3, 2]);
		expect((await outbox.depth()).entries).toBe(0);
		await loop.stop();
		file.client.close();
		await house.close();
	});
});
