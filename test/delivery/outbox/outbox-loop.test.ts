import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { openDatabase } from "../../../src/bun/database/open.ts";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import { createOutboxLoop, type OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";
import { NotRemoved } from "../../../src/delivery/outbox/outbox-writes.ts";
import { backoffMs } from "../../../src/delivery/outbox/retry-backoff.ts";
import type { Tried } from "../../../src/delivery/push-item.ts";
import { type OutboxEntry, openOutbox } from "../../../src/store/local/outbox.ts";
import type { QueueName } from "../../../src/store/local/queue-names.ts";
import { HIGH, openDeliveryFixture, readableLog } from "../delivery-fixture.ts";
import { startOutboxLoop } from "./started-loop.ts";

/** How many are tried at once, and how many of one queue. */
const CONCURRENCY = 128;
const OF_ONE = 16;
/** How long it rests after a fault of the outbox, ms. */
const FAULT_MS = 60_000;
/** How many may be answered and not be off the disk. */
const UNWRITTEN = 256;

const entry = (node: string, dueAt: number, gate?: string): OutboxEntry => ({
	node,
	class: "high",
	version: 1,
	notification: { class: "high" },
	attempts: 1,
	dueAt,
	expiresAt: Number.MAX_SAFE_INTEGER,
	...(gate !== undefined && { gate }),
});

/** Everything that is ready has run. */
async function settled() {
	for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

describe("the loop", () => {
	let entries: OutboxEntry[];
	let clock: number;
	let asked: number;
	let foundEmpty: QueueName[];
	let tried: { node: string; at: number; answered(): void; done(said?: Error | Tried): void }[];
	let lines: string[];
	let fault: Error | undefined;
	/** The most queues that were asked for at once. */
	let mostAsked: number;
	let loop: OutboxLoop;
	/** What happens between a look at the disk and its answer. */
	let whileReading: (() => void) | undefined;

	beforeEach(() => {
		jest.useFakeTimers();
		[entries, clock, asked, foundEmpty, tried, fault] = [[], 1_000_000, 0, [], [], undefined];
		mostAsked = 0;
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
		let byGate = new Map<QueueName, OutboxEntry[]>();
		let grouped: { entries: OutboxEntry[]; length: number } | undefined;
		const entriesOf = (queue: QueueName) => {
			if (grouped?.entries !== entries || grouped.length !== entries.length) {
				byGate = Map.groupBy(entries, ({ gate }) => gate);
				grouped = { entries, length: entries.length };
			}
			return byGate.get(queue) ?? [];
		};
		const timesOf = (queue: QueueName) => entriesOf(queue).map(({ dueAt }) => dueAt);
		const outbox = {
			async queues(after: string | undefined, limit: number) {
				const names = [...new Set(entries.map(({ gate = "" }) => gate))].sort();
				const chosen = names.filter((name) => after === undefined || name > after).slice(0, limit);
				mostAsked = Math.max(mostAsked, limit);
				return chosen.map((name) => {
					const queue = name === "" ? undefined : name;
					return { queue, dueAt: Math.min(...timesOf(queue)) };
				});
			},
			stamp: () => 0,
			// Whatever was taken out of the list is not there any more.
			mayHaveChanged: (entry: OutboxEntry) => !entries.includes(entry),
			async change(changed: OutboxEntry) {
				entries = entries.map((each) => (each.node === changed.node ? changed : each));
			},
			async hasten(by: number, now: number) {
				entries = entries.map((each) => ({ ...each, dueAt: each.dueAt - (each.dueAt > now ? by : 0) }));
			},
			async due(queue: QueueName, now: number, limit: number) {
				asked++;
				if (fault) throw fault;
				const due = entriesOf(queue).filter(({ dueAt }) => dueAt <= now);
				const read = due.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
				whileReading?.();
				whileReading = undefined;
				return read;
			},
			async nextDueAt(queue: QueueName, now: number) {
				if (timesOf(queue).length === 0) foundEmpty.push(queue);
				const times = timesOf(queue).filter((dueAt) => dueAt > now);
				return times.length > 0 ? Math.min(...times) : undefined;
			},
		};
		const retry = ({ node }: OutboxEntry, onAnswered = () => {}) =>
			new Promise<Tried>((resolve, reject) => {
				const done = (said: Error | Tried = { kind: "done" }) => {
					if (said instanceof Error) return reject(said);
					if (said.kind === "done") entries = entries.filter((each) => each.node !== node);
					resolve(said);
				};
				tried.push({ node, at: clock, answered: onAnswered, done });
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
		loop.wake(clock + 1000, undefined);
		await pass(1000);
		expect(tried.map(({ node }) => node)).toEqual(["soon"]);
		tried[0]?.done();
		await pass(29_000);
		expect(tried.map(({ node }) => node)).toEqual(["soon", "late"]);
	});

	test("is not put off by an entry that is due after others", async () => {
		entries = [entry("soon", clock + 1000)];
		await start();
		loop.wake(clock + 30_000, undefined);
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

	test("notices within a minute that the clock was set back, and holds nothing for the hour that comes again", async () => {
		entries = [entry("a", clock + 30_000), entry("b", clock + 3_000, "shut"), entry("c", clock, "shut too")];
		await start();
		tried[0]?.done({ kind: "turned-away", at: clock + 120_000 });
		await settled();
		await pass(1_000);
		clock -= 3_600_000;
		await pass(60_000);
		await pass(60_000);
		expect(tried.map(({ node }) => node).sort()).toEqual(["a", "b", "c", "c"]);
		expect(lines.join()).toContain("set back");
	});

	test("notices at once that the clock was set back when another entry comes", async () => {
		entries = [entry("a", clock + 3_000)];
		await start();
		clock -= 3_600_000;
		entries.push(entry("b", clock + 1_000, "other"));
		loop.wake(clock + 1_000, "other");
		await pass(3_000);
		await pass(3_000);
		expect(tried.map(({ node }) => node).sort()).toEqual(["a", "b"]);
	});

	/** Lets each that is tried be turned away for longer than the test lasts, until no more are tried. */
	async function turnAllAway() {
		for (let n = 0, idle = 0; idle < 100; ) {
			const each = tried[n];
			if (each) n++;
			idle = each ? 0 : idle + 1;
			each?.done({ kind: "turned-away", at: clock + 3_600_000 });
			if (!each) await settled();
		}
	}
	const parties = () => new Set(tried.map(({ node }) => node.split(" ")[0]));

	test("knows a limited number of strangers' queues at once, and gives the others their turn", async () => {
		entries = Array.from({ length: 7_000 }, (_, n) => entry(`n${n}`, n, `~p${n} web https://${n}.example`));
		await start();
		await turnAllAway();
		expect(tried).toHaveLength(5_000);
		expect(mostAsked).toBeLessThanOrEqual(250);
		loop.wake(clock, "~p6999 web https://6999.example");
		await pass(60_000);
		await turnAllAway();
		expect(new Set(tried.map(({ node }) => node)).size).toBe(7_000);
	});

	test("knows few of one party's at once, which have their turns, and all of the others'", async () => {
		entries = [
			...Array.from({ length: 900 }, (_, n) =>
				entry(`mallory ${n}`, n, `~m.example web https://${n}.example`),
			),
			...Array.from({ length: 300 }, (_, n) => entry(`p${n} 0`, n, `~p${n} web https://${n}.example`)),
		];
		await start();
		await turnAllAway();
		expect(tried).toHaveLength(250 + 300);
		expect(parties().size).toBe(301);
		for (let minute = 0; minute < 3; minute++) {
			// What has its turn anew is asked for again, as its gate may be another one by now.
			await pass(60_000);
			await turnAllAway();
		}
		expect(new Set(tried.map(({ node }) => node)).size).toBe(1_200);
	});

	test("tries what apps and named hosts owe before what strangers left, and keeps half of the places for it", async () => {
		entries = Array.from({ length: 3_000 }, (_, n) =>
			entry(`n${n}`, n, `~p${n % 40} web https://${n}.example`),
		);
		await start();
		for (let turn = 0; turn < 20; turn++) await settled();
		expect(tried).toHaveLength(CONCURRENCY / 2);
		for (const gate of ["fcm", "fcm new", "web https://push.example", undefined]) {
			entries.push(entry(`owed by ${gate}`, clock, gate));
			loop.wake(clock, gate);
			await pass(0);
			expect(tried.at(-1)?.node).toBe(`owed by ${gate}`);
		}
		expect(tried).toHaveLength(CONCURRENCY / 2 + 4);
		// It comes before the next stranger's also where these are being looked at.
		for (const each of tried.slice(0, 8)) each.done({ kind: "turned-away", at: clock + 30_000 });
		entries.push(entry("owed too", clock, "apns"));
		loop.wake(clock, "apns");
		await pass(0);
		for (let turn = 0; turn < 20; turn++) await settled();
		const next = tried.slice(CONCURRENCY / 2 + 4).map(({ node }) => node);
		expect(next).toHaveLength(9);
		expect(next.indexOf("owed too")).toBeLessThanOrEqual(1);
	});

	test("opens all queues of a gate that opens: those that always have a place, and the parties'", async () => {
		const names = ["web https://a.example", "web https://a.example new", "~p.example web https://a.example"];
		entries = [...names, "web https://b.example"].map((gate) => entry(gate, 1, gate));
		await start();
		for (const each of tried) each.done({ kind: "turned-away", at: clock + 120_000 });
		await settled();
		loop.open("web https://a.example");
		await pass(0);
		expect(tried.slice(4).map(({ node }) => node)).toEqual(names);
	});

	test("puts entries off when many wait for lanes that nobody frees, and goes on with the others", async () => {
		entries = Array.from({ length: 400 }, (_, n) => entry(`n${n}`, n));
		await start();
		for (let n = 0; n < 400; n++) {
			tried[n]?.done(n < 350 ? { kind: "taken", free: new Promise(() => {}) } : { kind: "done" });
			if (n % 8 === 7) await settled();
		}
		await settled();
		expect(tried).toHaveLength(400);
		const off = entries.filter(({ dueAt }) => dueAt > clock).length;
		expect(off).toBeWithin(350 - 256, 350 - 256 + OF_ONE);
		await pass(60_000);
		expect(tried.slice(400)).toHaveLength(OF_ONE);
	});

	test("puts an entry off until its lane has room for it, where that is known, and a minute at the most", async () => {
		entries = Array.from({ length: 400 }, (_, n) => entry(`n${n}`, n));
		await start();
		for (let n = 0; n < 400; n++) {
			const at = clock + (n === 300 ? 86_400_000 : 5_000);
			tried[n]?.done({ kind: "taken", free: new Promise(() => {}), at });
			if (n % 8 === 7) await settled();
		}
		await settled();
		const off = entries.map(({ dueAt }) => dueAt - clock).filter((inMs) => inMs > 0);
		expect(off).toHaveLength(400 - 256);
		expect(new Set(off)).toEqual(new Set([5_000, 60_000]));
		await pass(4_999);
		expect(tried).toHaveLength(400);
		await pass(1);
		expect(tried).toHaveLength(400 + OF_ONE);
	});

	test("has a limited number of each queue on their way, and starts the next as soon as one is done", async () => {
		entries = Array.from({ length: 50 }, (_, n) => entry(`n${n}`, n));
		await start();
		expect(tried).toHaveLength(OF_ONE);
		tried[10]?.done();
		await settled();
		expect(tried).toHaveLength(OF_ONE + 1);
		for (let n = 0; n < 50; n++) {
			tried[n]?.done();
			await settled();
		}
		expect(tried).toHaveLength(50);
		expect(new Set(tried.map(({ node }) => node)).size).toBe(50);
	});

	test("keeps to that number when entries come that have been due for longer", async () => {
		entries = Array.from({ length: 40 }, (_, n) => entry(`n${n}`, 1000 + n));
		await start();
		entries.push(...Array.from({ length: 10 }, (_, n) => entry(`older${n}`, n)));
		loop.wake(clock, undefined);
		await pass(1);
		expect(tried).toHaveLength(OF_ONE);
		// Those that were read before come first.
		for (let n = 0; n < 40; n++) {
			tried[n]?.done();
			await settled();
			expect(tried.length).toBe(Math.min(n + 1 + OF_ONE, 50));
		}
		expect(tried.slice(-10).map(({ node }) => node)).toEqual(entries.slice(-10).map(({ node }) => node));
	});

	test("reads many at once, and sends none that was superseded or removed since", async () => {
		entries = Array.from({ length: 100 }, (_, n) => entry(`n${n}`, n));
		await start();
		const before = asked;
		const gone = entries.filter(({ node }) => node === "n20" || node === "n90");
		entries = entries.filter((each) => !gone.includes(each));
		entries.push({ ...entry("n90", 1), version: 2 });
		for (let n = 0; n < 120; n++) {
			tried[n]?.done();
			await settled();
		}
		const nodes = tried.map(({ node }) => node);
		expect(nodes).not.toContain("n20");
		// The newer one is read in its place.
		expect(nodes.filter((node) => node === "n90")).toEqual(["n90"]);
		expect(nodes).toHaveLength(99);
		expect(asked - before).toBeLessThan(5);
	});

	test("gives a place to the next as soon as its push service answered, and so many wait for the disk at the most", async () => {
		entries = Array.from({ length: 1000 }, (_, n) => entry(`n${n}`, n));
		await start();
		for (let n = 0; n < 1000; n++) {
			tried[n]?.answered();
			await settled();
		}
		// None is off the disk yet.
		expect(tried).toHaveLength(UNWRITTEN);
		for (let n = 0; n < 1000; n++) {
			tried[n]?.done();
			await settled();
			tried.at(-1)?.answered();
			await settled();
		}
		expect(tried).toHaveLength(1000);
		expect(new Set(tried.map(({ node }) => node)).size).toBe(1000);
	});

	test("overlooks no entry that comes while others are read, though it has been due for longer", async () => {
		entries = Array.from({ length: 20 }, (_, n) => entry(`n${n}`, clock + 1_000 + n));
		await start();
		whileReading = () => {
			entries.push(entry("late", 1));
			loop.wake(clock, undefined);
		};
		await pass(2_000);
		for (let n = 0; n < 30; n++) {
			tried[n]?.done();
			await settled();
		}
		await pass(1);
		expect(tried.map(({ node }) => node)).toContain("late");
		expect(tried).toHaveLength(21);
	});

	test("does not send again what is through and could not be taken off the disk, but takes it off later", async () => {
		entries = [entry("a", 1), entry("b", 2)];
		await start();
		let isFull = true;
		const removals: string[] = [];
		const removeAgain = (node: string) => async () => {
			removals.push(node);
			if (isFull) throw new Error("disk full");
			entries = entries.filter((each) => each.node !== node);
		};
		tried[0]?.done(new NotRemoved(new Error("disk full"), removeAgain("a")));
		tried[1]?.done(new NotRemoved(new Error("disk full"), removeAgain("b")));
		await settled();
		// They were to be written together: one line says so.
		expect(lines.filter((line) => line.includes("outbox-unwritable"))).toHaveLength(1);
		loop.wake(clock, undefined);
		await pass(FAULT_MS - 1);
		expect(removals).toEqual([]);
		await pass(1);
		expect(removals).toEqual(["a"]);
		isFull = false;
		await pass(FAULT_MS);
		expect(removals).toEqual(["a", "a", "b"]);
		expect(tried).toHaveLength(2);
		await pass(1);
		expect(foundEmpty).toEqual([undefined]);
	});

	test("has a limited number of all queues on their way, and lets each have its turn", async () => {
		entries = Array.from({ length: 200 }, (_, n) => entry(`n${n}`, n, `gate ${n % 8}`));
		await start();
		expect(tried).toHaveLength(CONCURRENCY);
		for (let n = 0; n < 200; n++) {
			expect(tried.length).toBeLessThanOrEqual(n + CONCURRENCY);
			tried[n]?.done();
			await settled();
		}
		expect(tried).toHaveLength(200);
		const turns = tried.slice(0, 128).map(({ node }) => Number(node.slice(1)) % 8);
		expect(new Set(turns).size).toBe(8);
	});

	test("leaves a queue alone whose gate turned one away, and keeps nobody else waiting", async () => {
		entries = Array.from({ length: 1000 }, (_, n) => entry(`n${n}`, n, "shut"));
		await start();
		for (const each of tried) each.done({ kind: "turned-away", at: clock + 30_000 });
		await settled();
		const before = asked;
		await pass(29_000);
		expect([tried.length, asked]).toEqual([OF_ONE, before]);
		entries.push(entry("other", clock, "open"));
		loop.wake(clock, "open");
		await pass(0);
		expect(tried.at(-1)?.node).toBe("other");
		await pass(1_000);
		expect(tried).toHaveLength(2 * OF_ONE + 1);
	});

	test("asks a full gate again as soon as one of the queue is through, which made room", async () => {
		entries = Array.from({ length: 40 }, (_, n) => entry(`n${n}`, n, "small"));
		await start();
		const [through, ...others] = tried;
		for (const each of others) each.done({ kind: "turned-away", at: clock + 30_000, isFull: true });
		await settled();
		await pass(1_000);
		expect(tried).toHaveLength(OF_ONE);
		entries.shift();
		through?.done();
		await pass(0);
		expect(tried.length).toBeGreaterThan(OF_ONE);
	});

	test("asks a full gate again when it has room, also where that is told before what it turned away is noted", async () => {
		entries = [entry("a", 1, "small")];
		await start();
		tried[0]?.done({ kind: "turned-away", at: clock + 30_000, isFull: true });
		loop.room("small");
		await settled();
		await pass(1);
		await pass(1);
		expect(tried.map(({ node }) => node)).toEqual(["a", "a"]);
		tried[1]?.done({ kind: "turned-away", at: clock + 30_000 });
		await settled();
		// Shut is not full.
		loop.room("small");
		await pass(1_000);
		expect(tried).toHaveLength(2);
	});

	test("finds a queue empty after its last entry, once: the outbox learns from it that it holds nothing", async () => {
		entries = [entry("a", 1, "gate"), entry("b", 2, "gate")];
		await start();
		tried[0]?.done();
		await settled();
		expect(foundEmpty).toEqual([]);
		tried[1]?.done();
		await settled();
		await pass(60_000);
		expect(foundEmpty).toEqual(["gate"]);
	});

	test("comes back at once when the gate opens, a few at a time", async () => {
		entries = Array.from({ length: 1000 }, (_, n) => entry(`n${n}`, n, "shut"));
		await start();
		for (const each of tried) each.done({ kind: "turned-away", at: clock + 120_000 });
		await settled();
		loop.open("shut");
		loop.open("one that nothing waits for");
		await pass(0);
		expect(tried).toHaveLength(2 * OF_ONE);
	});

	test("lets an entry wait for its lane without a place, and looks again whether it is still there", async () => {
		entries = Array.from({ length: 20 }, (_, n) => entry(`n${n}`, n));
		await start();
		const lane = Promise.withResolvers<void>();
		for (const each of tried.slice(0, 2)) each.done({ kind: "taken", free: lane.promise });
		await settled();
		expect(tried.map(({ node }) => node)).toEqual(Array.from({ length: OF_ONE + 2 }, (_, n) => `n${n}`));
		for (const each of tried.slice(2)) each.done();
		await settled();
		for (const each of tried.slice(OF_ONE + 2)) each.done();
		await settled();
		await pass(60_000);
		expect(tried).toHaveLength(20);
		// A newer push of the lane took one with it.
		entries = entries.filter(({ node }) => node !== "n0");
		lane.resolve();
		await settled();
		await pass(0);
		expect(tried.slice(20).map(({ node }) => node)).toEqual(["n1"]);
	});

	test("never has one entry on its way twice", async () => {
		entries = [entry("a", clock)];
		await start();
		loop.wake(clock, undefined);
		await pass(1);
		loop.wake(clock, undefined);
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
		loop.wake(clock, undefined);
		await pass(60_000);
		expect(tried).toHaveLength(OF_ONE);
	});
});

test("a loop that is not started asks the outbox for nothing, whatever it is told; then it looks at all of it", async () => {
	const waiting = entry("a", 0);
	let looks = 0;
	const outbox = {
		queues: async () => {
			looks++;
			return [{ queue: undefined, dueAt: 0 }];
		},
		due: async () => [waiting],
		nextDueAt: async () => undefined,
		stamp: () => 0,
		mayHaveChanged: () => false,
		change: async () => {},
		hasten: async () => {},
	};
	const loop = createOutboxLoop(outbox, readableLog().log);
	loop.wake(0, undefined);
	loop.open("apns");
	loop.room("apns");
	await new Promise((resolve) => setTimeout(resolve));
	expect(looks).toBe(0);
	const tried = Promise.withResolvers<OutboxEntry>();
	loop.start(async (given) => {
		tried.resolve(given);
		return { kind: "turned-away", at: Number.MAX_SAFE_INTEGER };
	});
	expect(await tried.promise).toBe(waiting);
	await loop.stop();
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
		const fixture = await openDeliveryFixture({ random: () => 0 });
		const { registration } = await fixture.register();
		const unwell = { kind: "retry", reason: "503" } as const;
		fixture.service.program.push(unwell, unwell, unwell, { kind: "delivered" });
		const through = Promise.withResolvers<void>();
		// The clock leaps to the time that each entry is due at.
		const delivery = fixture.compose({
			gates: createGates(),
			onQueued(dueAt, queue) {
				fixture.clock.now = Math.ceil(dueAt);
				loop.wake(fixture.clock.now, queue);
			},
		});
		const loop = startOutboxLoop(
			fixture.outbox,
			async (each) => {
				const tried = await delivery.retry(each);
				if ((await fixture.outbox.depth()).entries === 0) through.resolve();
				return tried;
			},
			fixture.log,
			() => fixture.clock.now,
		);
		await delivery.push(registration.node, HIGH);
		await through.promise;
		expect(fixture.service.calls).toHaveLength(4);
		await loop.stop();
		await fixture.close();
	});

	test("what a killed process left behind is sent by the next, oldest first, and newer publishes still supersede it", async () => {
		const fixture = await openDeliveryFixture();
		const [one, two] = [await fixture.register("one"), await fixture.register("two")];
		fixture.service.program.push({ kind: "retry", reason: "503" }, { kind: "retry", reason: "503" });
		await fixture.delivery.push(one.registration.node, { class: "high", count: 1 });
		fixture.clock.now += 1;
		await fixture.delivery.push(two.registration.node, { class: "high", count: 2 });
		// The next process opens the file; nothing was closed.
		const file = await openDatabase({ url: fixture.outboxUrl, migrations: "outbox" });
		const outbox = await openOutbox(file.db);
		const delivery = fixture.compose({ outbox });
		fixture.service.program.push({ kind: "delivered" });
		await delivery.push(one.registration.node, { class: "high", count: 3 });
		fixture.clock.now += 3_000_000;
		fixture.service.program.push({ kind: "delivered" });
		const through = Promise.withResolvers<void>();
		const retry = (each: OutboxEntry) => delivery.retry(each).finally(() => through.resolve());
		const loop = startOutboxLoop(outbox, retry, fixture.log, () => fixture.clock.now);
		await through.promise;
		expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([1, 2, 3, 2]);
		expect((await outbox.depth()).entries).toBe(0);
		await loop.stop();
		file.client.close();
		await fixture.close();
	});
});
