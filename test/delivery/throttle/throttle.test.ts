import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createThrottle, type Throttle } from "../../../src/delivery/throttle/throttle.ts";
import type { Answer } from "../../../src/types.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const SUPERSEDED: Answer = { kind: "done", how: "superseded" };
const QUEUED: Answer = { kind: "done", how: "queued" };
const WAIT: Answer = { kind: "wait", reason: "the database is not available" };

/** Long enough that a window never ends during a test by itself. */
const FOREVER = 3_600_000;

interface Sent {
	item: string;
	at: number;
	answer(answer: Answer): void;
}

/** A throttle whose sends are answered by the test; `next` resolves with each send as it begins. */
function harness(intervalMs: number, now?: () => number) {
	const sent: Sent[] = [];
	let taken = 0;
	let arrived: (() => void) | undefined;
	const run = (item: string) =>
		new Promise<Answer>((resolve) => {
			sent.push({ item, at: performance.now(), answer: resolve });
			arrived?.();
		});
	const throttle = createThrottle<string>(intervalMs, run, { ...(now && { now }) });
	async function next(): Promise<Sent> {
		while (sent.length <= taken) await new Promise<void>((resolve) => (arrived = resolve));
		return sent[taken++] as Sent;
	}
	return { throttle, sent, next };
}

/** Whether a promise is settled by now, after everything that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
	const pending = Symbol();
	await new Promise<void>((resolve) => setImmediate(resolve));
	return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe("within one window", () => {
	test("the first goes out at once, the last at the window's end, and the others never", async () => {
		const { throttle, sent, next } = harness(40);
		const answers = ["1", "2", "3", "4"].map((item) => throttle.submit("lane", item));
		const first = await next();
		first.answer(DELIVERED);
		const last = await next();
		last.answer(DELIVERED);
		expect(await Promise.all(answers)).toEqual([DELIVERED, SUPERSEDED, SUPERSEDED, DELIVERED]);
		expect(sent.map(({ item }) => item)).toEqual(["1", "4"]);
		expect(last.at - first.at).toBeGreaterThanOrEqual(39);
	});

	test("nothing is answered as superseded before the one that superseded it went out", async () => {
		const { throttle, next } = harness(20);
		const [first, middle, last] = ["1", "2", "3"].map((item) => throttle.submit("lane", item));
		(await next()).answer(DELIVERED);
		expect(await first).toEqual(DELIVERED);
		const newest = await next();
		expect(newest.item).toBe("3");
		expect(await isSettled(middle as Promise<Answer>)).toBe(false);
		newest.answer(QUEUED);
		expect(await Promise.all([middle, last])).toEqual([SUPERSEDED, QUEUED]);
	});

	test.each([WAIT, { kind: "unknown", reason: "no such registration" } satisfies Answer])(
		"all are answered with what became of the newest when that is %p",
		async (answer) => {
			const { throttle, next } = harness(20);
			const [first, ...others] = ["1", "2", "3"].map((item) => throttle.submit("lane", item));
			(await next()).answer(DELIVERED);
			await first;
			(await next()).answer(answer);
			expect(await Promise.all(others)).toEqual([answer, answer]);
		},
	);

	test("a window begins anew with what went out at its end", async () => {
		const { throttle, next } = harness(30);
		void throttle.submit("lane", "1");
		void throttle.submit("lane", "2");
		(await next()).answer(DELIVERED);
		const second = await next();
		void throttle.submit("lane", "3");
		second.answer(DELIVERED);
		const third = await next();
		expect(third.at - second.at).toBeGreaterThanOrEqual(29);
		third.answer(DELIVERED);
	});

	test("after it, with nothing held back, the next goes out at once", async () => {
		let clock = 0;
		const { throttle, sent, next } = harness(1000, () => clock);
		void throttle.submit("lane", "1");
		(await next()).answer(DELIVERED);
		clock = 999;
		const held = throttle.submit("lane", "2");
		expect(throttle.heldIn("lane")).toBe("2");
		await throttle.release(async () => QUEUED);
		await held;
		clock = 1000;
		void throttle.submit("lane", "3");
		expect(sent.map(({ item }) => item)).toEqual(["1", "3"]);
	});

	test("lanes do not hold each other back", async () => {
		const { throttle, sent } = harness(FOREVER);
		for (const lane of ["a", "b", "c"]) void throttle.submit(lane, lane);
		expect(sent.map(({ item }) => item)).toEqual(["a", "b", "c"]);
	});
});

describe("order within a lane", () => {
	test("the next waits for the one on its way, however long after the window that takes", async () => {
		let clock = 0;
		const { throttle, sent, next } = harness(1000, () => clock);
		void throttle.submit("lane", "1");
		clock = 5000;
		const second = throttle.submit("lane", "2");
		await isSettled(second);
		expect(sent).toHaveLength(1);
		(await next()).answer(DELIVERED);
		const sentSecond = await next();
		expect(sentSecond.item).toBe("2");
		sentSecond.answer(DELIVERED);
		expect(await second).toEqual(DELIVERED);
	});

	test("holds without a window: an interval of 0 only keeps order", async () => {
		const { throttle, next } = harness(0);
		const answers = ["1", "2", "3"].map((item) => throttle.submit("lane", item));
		(await next()).answer(DELIVERED);
		(await next()).answer(DELIVERED);
		expect(await Promise.all(answers)).toEqual([DELIVERED, SUPERSEDED, DELIVERED]);
		void throttle.submit("lane", "4");
		expect((await next()).item).toBe("4");
	});

	test("never has two of a lane on their way, and the newest of a lane always goes out last", async () => {
		const step = fc.record({ lane: fc.constantFrom("a", "b"), gap: fc.nat(3) });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
				const busy = new Set<string>();
				const last = new Map<string, number>();
				let overlaps = 0;
				const throttle = createThrottle<[string, number]>(2, async ([lane, number]) => {
					if (busy.has(lane)) overlaps++;
					busy.add(lane);
					for (let turn = 0; turn < number % 4; turn++) await new Promise(setImmediate);
					busy.delete(lane);
					last.set(lane, number);
					return DELIVERED;
				});
				const newest = new Map<string, number>();
				const answers: Promise<Answer>[] = [];
				for (const [number, { lane, gap }] of steps.entries()) {
					newest.set(lane, number);
					answers.push(throttle.submit(lane, [lane, number]));
					for (let turn = 0; turn < gap; turn++) await new Promise(setImmediate);
				}
				const all = await Promise.all(answers);
				expect(all).toHaveLength(steps.length);
				expect(overlaps).toBe(0);
				expect(last).toEqual(newest);
				for (const lane of newest.keys()) expect(throttle.heldIn(lane)).toBeUndefined();
			}),
			{ numRuns: 40 },
		);
	});
});

describe("running something else in a lane", () => {
	async function holding(throttle: Throttle<string>, next: () => Promise<Sent>) {
		const first = throttle.submit("lane", "1");
		(await next()).answer(DELIVERED);
		await first;
		return throttle.submit("lane", "2");
	}

	test("is possible when nothing is on its way or held back there", async () => {
		const { throttle } = harness(FOREVER);
		expect(await throttle.tryRun("lane", async () => "ran")).toBe("ran");
		expect(await throttle.tryRun("lane", async () => "ran again")).toBe("ran again");
	});

	test("is refused while a push is on its way", async () => {
		const { throttle, next } = harness(FOREVER);
		void throttle.submit("lane", "1");
		const sent = await next();
		expect(throttle.tryRun("lane", async () => {})).toBeUndefined();
		sent.answer(DELIVERED);
	});

	test("is refused while a newer push is held back", async () => {
		const { throttle, next } = harness(FOREVER);
		const held = holding(throttle, next);
		await isSettled(held);
		expect(throttle.tryRun("lane", async () => {})).toBeUndefined();
		await throttle.release(async () => QUEUED);
	});

	test("holds the next push back until it is through, and opens a window", async () => {
		const { throttle, sent, next } = harness(20);
		const retry = Promise.withResolvers<void>();
		const running = throttle.tryRun("lane", () => retry.promise);
		void throttle.submit("lane", "1");
		expect(sent).toHaveLength(0);
		retry.resolve();
		await running;
		expect(sent).toHaveLength(0);
		(await next()).answer(DELIVERED);
	});

	test("leaves the lane usable when it fails", async () => {
		const { throttle } = harness(FOREVER);
		const failing = throttle.tryRun("lane", () => Promise.reject(new Error("disk full")));
		await expect(failing).rejects.toThrow("disk full");
		expect(throttle.tryRun("lane", async () => {})).toBeDefined();
	});
});

describe("releasing what is held back", () => {
	test("hands over the newest of each lane, and answers all with what became of it there", async () => {
		const { throttle, next } = harness(FOREVER);
		const answers = ["a", "b"].flatMap((lane) =>
			["1", "2", "3"].map((number) => throttle.submit(lane, `${lane}${number}`)),
		);
		(await next()).answer(DELIVERED);
		(await next()).answer(DELIVERED);
		const spilled: string[][] = [];
		const onDisk = Promise.withResolvers<Answer>();
		const releasing = throttle.release((items) => {
			spilled.push(items);
			return onDisk.promise;
		});
		expect(spilled).toEqual([["a3", "b3"]]);
		expect([throttle.heldIn("a"), throttle.heldIn("b")]).toEqual([undefined, undefined]);
		expect(await isSettled(answers[1] as Promise<Answer>)).toBe(false);
		onDisk.resolve(QUEUED);
		await releasing;
		expect(await Promise.all(answers)).toEqual([
			...[DELIVERED, SUPERSEDED, QUEUED],
			...[DELIVERED, SUPERSEDED, QUEUED],
		]);
	});

	test("answers all alike when there is no room elsewhere", async () => {
		const { throttle, next } = harness(FOREVER);
		const answers = ["1", "2", "3"].map((item) => throttle.submit("lane", item));
		(await next()).answer(DELIVERED);
		await throttle.release(async () => WAIT);
		expect(await Promise.all(answers)).toEqual([DELIVERED, WAIT, WAIT]);
	});

	test("asks nobody when nothing is held back", async () => {
		const { throttle } = harness(FOREVER);
		await throttle.release(() => Promise.reject(new Error("must not be called")));
	});

	test("sends nothing of it later, and keeps the window for what comes after", async () => {
		const { throttle, sent, next } = harness(30);
		void throttle.submit("lane", "1");
		void throttle.submit("lane", "2");
		const first = await next();
		first.answer(DELIVERED);
		await isSettled(Promise.resolve());
		await throttle.release(async () => QUEUED);
		void throttle.submit("lane", "3");
		const third = await next();
		expect(third.item).toBe("3");
		expect(third.at - first.at).toBeGreaterThanOrEqual(29);
		third.answer(DELIVERED);
		expect(sent).toHaveLength(2);
	});
});

test("where many wait for a window's end the newest is put on disk and they are answered; it goes out all the same", async () => {
	const secured: string[] = [];
	const sent: string[] = [];
	const crowd = {
		most: 3,
		async secure(item: string) {
			secured.push(item);
			return QUEUED;
		},
	};
	const run = async (item: string) => {
		sent.push(item);
		return DELIVERED;
	};
	const throttle = createThrottle<string>(40, run, { crowd });
	const answers = ["1", "2", "3", "4", "5", "6", "7", "8"].map((item) => throttle.submit("lane", item));
	expect(await Promise.all(answers.slice(1, 7))).toEqual([
		...[SUPERSEDED, SUPERSEDED, QUEUED],
		...[SUPERSEDED, SUPERSEDED, QUEUED],
	]);
	expect(secured).toEqual(["4", "7"]);
	expect(sent).toEqual(["1"]);
	expect(await answers[7]).toEqual(DELIVERED);
	expect(sent).toEqual(["1", "8"]);
	// Nothing waits for this one any more, and it is owed to the device.
	const [held, more, most] = ["9", "10", "11"].map((item) => throttle.submit("lane", item));
	expect(await Promise.all([held, more, most])).toEqual([SUPERSEDED, SUPERSEDED, QUEUED]);
	await throttle.freed("lane");
	expect(sent).toEqual(["1", "8", "11"]);
});

test("a window that was released does not end a later one of its lane", async () => {
	const { throttle, sent, next } = harness(20);
	void throttle.submit("lane", "1");
	(await next()).answer(DELIVERED);
	await isSettled(Promise.resolve());
	void throttle.submit("lane", "2");
	await throttle.release(async () => QUEUED);
	const retry = Promise.withResolvers<void>();
	void throttle.tryRun("lane", () => retry.promise);
	void throttle.submit("lane", "3");
	// A lane that began later has come to its end: so has the first window of ours.
	void throttle.submit("clock", "tick");
	void throttle.submit("clock", "tock");
	(await next()).answer(DELIVERED);
	(await next()).answer(DELIVERED);
	expect(sent.map(({ item }) => item)).toEqual(["1", "tick", "tock"]);
	retry.resolve();
	(await next()).answer(DELIVERED);
	expect(sent.at(-1)?.item).toBe("3");
});

test("lanes that are idle are forgotten: memory does not grow with all the registrations ever pushed to", async () => {
	let clock = 0;
	let open = 0;
	// Every lane that is remembered asks the clock once more when the idle ones are looked for.
	let asked = 0;
	const throttle = createThrottle<string>(
		1000,
		async () => {
			open++;
			return DELIVERED;
		},
		{
			now() {
				asked++;
				return clock;
			},
		},
	);
	for (let n = 0; n < 500; n++) await throttle.submit(`lane ${n}`, "x");
	clock = 1000;
	asked = 0;
	await throttle.submit("one more", "x");
	const forgettingAll = asked;
	clock = 2000;
	asked = 0;
	await throttle.submit("and another", "x");
	expect(forgettingAll).toBeGreaterThan(500);
	expect(asked).toBeLessThan(10);
	expect(open).toBe(502);
});

describe("a lane is free", () => {
	test("at once if nothing is in it", async () => {
		const { throttle } = harness(FOREVER);
		await throttle.freed("lane");
	});

	test("when what is on its way is through, and what was held back behind it", async () => {
		const { throttle, next } = harness(20);
		void throttle.submit("lane", "1");
		void throttle.submit("lane", "2");
		const freed = throttle.freed("lane");
		(await next()).answer(DELIVERED);
		const second = await next();
		expect(await isSettled(freed)).toBe(false);
		second.answer(DELIVERED);
		await freed;
		await throttle.freed("lane");
	});

	test("when what was held back is put elsewhere", async () => {
		const { throttle, next } = harness(FOREVER);
		void throttle.submit("lane", "1");
		(await next()).answer(DELIVERED);
		await isSettled(Promise.resolve());
		void throttle.submit("lane", "2");
		const freed = throttle.freed("lane");
		expect(await isSettled(freed)).toBe(false);
		await throttle.release(async () => QUEUED);
		await freed;
	});
});
