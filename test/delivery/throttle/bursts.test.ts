import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { createBursts } from "../../../src/delivery/throttle/bursts.ts";
import type { Answer } from "../../../src/types.ts";
import { type DeliveryFixture, openDeliveryFixture } from "../delivery-fixture.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const SUPERSEDED: Answer = { kind: "done", how: "superseded" };
const QUEUED: Answer = { kind: "done", how: "queued" };
const WAIT: Answer = { kind: "wait", reason: "the outbox cannot be written" };

describe("of what is not throttled", () => {
	let clock: number;
	let sent: number[];
	let secured: number[];
	let answer: Answer;
	let bursts: ReturnType<typeof createBursts<number>>;
	beforeEach(() => {
		jest.useFakeTimers();
		[clock, sent, secured, answer] = [0, [], [], DELIVERED];
		bursts = createBursts<number>(
			{ burst: 3, perSecond: 1 },
			async (item) => {
				sent.push(item);
				return answer;
			},
			{
				crowd: {
					most: 5,
					async secure(item) {
						secured.push(item);
						return QUEUED;
					},
				},
				now: () => clock,
			},
		);
	});
	afterEach(() => jest.useRealTimers());

	/** Time passes. */
	async function pass(ms: number) {
		clock += ms;
		jest.advanceTimersByTime(ms);
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
	}
	const submit = (lane: string, ...items: number[]) => items.map((item) => bursts.submit(lane, item));

	test("so many go out at once, side by side, and then one a second", async () => {
		submit("lane", 1, 2, 3);
		expect(sent).toEqual([1, 2, 3]);
		submit("lane", 4);
		await pass(999);
		expect(sent).toEqual([1, 2, 3]);
		await pass(1);
		expect(sent).toEqual([1, 2, 3, 4]);
		submit("lane", 5);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4, 5]);
		await pass(2_000);
		submit("lane", 6, 7, 8);
		expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect(bursts.heldIn("lane")).toBe(8);
	});

	test("the newest supersedes what is beyond, and they are answered with what becomes of it", async () => {
		const answers = submit("lane", 1, 2, 3, 4, 5, 6);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 6]);
		expect(await Promise.all(answers)).toEqual([
			...[DELIVERED, DELIVERED, DELIVERED],
			...[SUPERSEDED, SUPERSEDED, DELIVERED],
		]);
		answer = WAIT;
		const others = submit("lane", 7, 8);
		await pass(1_000);
		expect(await Promise.all(others)).toEqual([WAIT, WAIT]);
	});

	test("lanes do not hold each other back", () => {
		submit("one", 1, 2, 3, 4);
		submit("other", 5);
		expect(sent).toEqual([1, 2, 3, 5]);
	});

	test("where many wait the newest is put on disk and they are answered; it goes out all the same", async () => {
		const answers = submit("lane", ...Array.from({ length: 20 }, (_, index) => index));
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
		expect(secured).toEqual([7, 12, 17]);
		expect(await Promise.all(answers.slice(3, 18))).toEqual(
			[7, 12, 17].flatMap(() => [SUPERSEDED, SUPERSEDED, SUPERSEDED, SUPERSEDED, QUEUED]),
		);
		await pass(1_000);
		expect(sent).toEqual([0, 1, 2, 19]);
		expect(await Promise.all(answers.slice(18))).toEqual([SUPERSEDED, DELIVERED]);
		submit("lane", ...Array.from({ length: 5 }, (_, index) => 20 + index));
		await pass(1_000);
		expect(sent).toEqual([0, 1, 2, 19, 24]);
	});

	test("what is held back can be taken out, and is answered by who takes it", async () => {
		const answers = submit("lane", 1, 2, 3, 4, 5);
		const spilled: [number, number][] = [];
		await bursts.release(async (item, inMs) => {
			spilled.push([item, inMs]);
			return QUEUED;
		});
		await bursts.release(() => Promise.reject(new Error("must not be called")));
		expect(spilled).toEqual([[5, 1_000]]);
		expect(await Promise.all(answers.slice(3))).toEqual([SUPERSEDED, QUEUED]);
		await pass(10_000);
		expect(sent).toEqual([1, 2, 3]);
	});

	test("what is taken out again and again goes out no more often, there and here together", async () => {
		submit("lane", 1, 2, 3);
		/** When each would go out from elsewhere; a newer one takes the place of one that still waits. */
		const elsewhere = new Set<number>();
		for (let ms = 0; ms < 10_000; ms += 100) {
			submit("lane", ms);
			if (ms % 300 === 0) {
				await bursts.release(async (_item, inMs) => {
					elsewhere.add(clock + inMs);
					return QUEUED;
				});
			}
			await pass(100);
		}
		const count = sent.length + elsewhere.size;
		expect(count).toBeGreaterThanOrEqual(12);
		expect(count).toBeLessThanOrEqual(3 + 11);
	});

	test("a lane is forgotten once it may have as many at once as ever", async () => {
		let asked = 0;
		const counted = createBursts<number>({ burst: 3, perSecond: 1 }, async () => DELIVERED, {
			now() {
				asked++;
				return clock;
			},
		});
		for (let lane = 0; lane < 500; lane++) void counted.submit(`lane ${lane}`, lane);
		await pass(1_000);
		void counted.submit("one more", 0);
		asked = 0;
		void counted.submit("and another", 0);
		expect(asked).toBeLessThan(10);
	});
});

describe("calls to one registration", () => {
	let fixture: DeliveryFixture;
	beforeEach(async () => {
		fixture = await openDeliveryFixture();
	});
	afterEach(() => fixture.close());

	test.each(["voip", "event"] as const)(
		"ten thousand of class %s are ten pushes and one a second, all answered, and cost messages nothing",
		async (pushClass) => {
			const { registration } = await fixture.register();
			const { node } = registration;
			const { delivery, service } = fixture;
			service.program.push(...Array.from({ length: 80 }, () => ({ kind: "delivered" }) as const));
			const startedAt = performance.now();
			const answers: Promise<Answer>[] = [];
			for (let count = 1; count <= 10_000; count++) {
				answers.push(delivery.push(node, { class: pushClass, count }));
				// As they come over a connection: others have their turn in between.
				if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
			}
			expect(await delivery.push(node, { class: "high" })).toEqual(DELIVERED);
			const all = await Promise.all(answers);
			const counts = () =>
				service.calls
					.filter(({ notification }) => notification.class === pushClass)
					.map(({ notification }) => notification.count);
			// A crowd is answered once its newest is on disk: that one goes out with the next second.
			while (!counts().includes(10_000)) await Bun.sleep(20);
			await delivery.idle(5_000);
			const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
			expect(counts().length).toBeWithin(11, 11 + seconds + 1);
			expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["done"]));
			expect(await fixture.rows()).toEqual([]);
		},
		60_000,
	);

	test("beyond ten at once wait on disk when the process ends", async () => {
		const { registration } = await fixture.register();
		const { delivery, service } = fixture;
		service.program.push(...Array.from({ length: 10 }, () => ({ kind: "delivered" }) as const));
		const answers = Array.from({ length: 15 }, (_, index) =>
			delivery.push(registration.node, { class: "voip", count: index + 1 }),
		);
		await Promise.all(answers.slice(0, 10));
		await delivery.settle();
		expect(await Promise.all(answers.slice(10))).toEqual([...Array(4).fill(SUPERSEDED), QUEUED]);
		const [row, ...more] = await fixture.rows();
		expect([row?.notification.count, more]).toEqual([15, []]);
		// A connection whose window is full has this done ten times a second: the pace is the same.
		expect(row?.dueAt).toBeGreaterThan(fixture.clock.now);
		expect(row?.dueAt).toBeLessThanOrEqual(fixture.clock.now + 1_000);
	});

	test("from another domain than the owner's supersede none of the owner's", async () => {
		const delivery = fixture.compose({ admit: async ({ node }) => ({ node }) });
		const { registration, secret } = await fixture.register();
		const publish = (publisher: string, count: number) =>
			delivery.publish({
				node: registration.node,
				secret,
				publisher,
				notification: { class: "voip", count },
			});
		fixture.service.program.push(...Array.from({ length: 10 }, () => ({ kind: "delivered" }) as const));
		await Promise.all(Array.from({ length: 10 }, (_, index) => publish("capulet.example", index)));
		const held = publish("capulet.example", 10);
		expect(await publish("elsewhere.example", 11)).toMatchObject({ kind: "unknown" });
		await delivery.settle();
		expect(await held).toEqual(QUEUED);
		expect((await fixture.rows()).map(({ notification }) => notification.count)).toEqual([10]);
	});
});
