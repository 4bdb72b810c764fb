/** Pushes that say something of their own: each is worth showing, and none makes up for another. */
import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { createOwnTexts } from "../../../src/delivery/throttle/own-texts.ts";
import type { Answer, App, Notification } from "../../../src/types.ts";
import { type DeliveryFixture, OWNER, openDeliveryFixture, TOKEN } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const SUPERSEDED: Answer = { kind: "done", how: "superseded" };
const QUEUED: Answer = { kind: "done", how: "queued" };

/** Long enough that a window never ends during a test by itself. */
const FOREVER = 3_600_000;

describe("the pace of what has a text of its own", () => {
	let clock: number;
	let sent: number[];
	let secured: number[];
	let ownTexts: ReturnType<typeof createOwnTexts<number>>;
	beforeEach(() => {
		jest.useFakeTimers();
		[clock, sent, secured] = [0, [], []];
		ownTexts = createOwnTexts<number>(
			{ rate: { burst: 3, perSecond: 1 }, held: 4, waiting: 12 },
			async (item) => {
				sent.push(item);
				return DELIVERED;
			},
			async (item) => {
				secured.push(item);
				return QUEUED;
			},
			() => clock,
		);
	});
	afterEach(() => jest.useRealTimers());

	/** Time passes. */
	async function pass(ms: number) {
		clock += ms;
		jest.advanceTimersByTime(ms);
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
	}
	const numbers = (from: number, to: number) =>
		Array.from({ length: to - from + 1 }, (_, index) => from + index);
	const submit = (...items: number[]) => items.map((item) => ownTexts.submit("lane", item));

	test("is so many at once, and then one a second, each of them in its order", async () => {
		const answers = submit(...numbers(1, 6));
		expect(sent).toEqual([1, 2, 3]);
		await pass(999);
		expect(sent).toEqual([1, 2, 3]);
		await pass(1);
		expect(sent).toEqual([1, 2, 3, 4]);
		await pass(1_000);
		await pass(1_000);
		expect(sent).toEqual(numbers(1, 6));
		expect(await Promise.all(answers)).toEqual(Array(6).fill(DELIVERED));
		await pass(2_000);
		submit(7, 8, 9);
		expect(sent).toEqual(numbers(1, 8));
	});

	test("beyond what is held back lets the newest supersede the oldest, which is answered with what becomes of it", async () => {
		const answers = submit(...numbers(1, 10));
		for (let second = 0; second < 6; second++) await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 7, 8, 9, 10]);
		expect(await Promise.all(answers)).toEqual([
			...[DELIVERED, DELIVERED, DELIVERED],
			...[SUPERSEDED, SUPERSEDED, SUPERSEDED],
			...[DELIVERED, DELIVERED, DELIVERED, DELIVERED],
		]);
	});

	test("puts what many wait for on disk, answers them, and sends it all the same", async () => {
		const answers = submit(...numbers(1, 20));
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
		expect(secured).toEqual([12, 13, 14, 15]);
		const early = await Promise.all(answers.slice(3, 15));
		expect(early.slice(8)).toEqual(Array(4).fill(QUEUED));
		expect(early.slice(0, 8)).toEqual(Array(8).fill(SUPERSEDED));
		for (let second = 0; second < 6; second++) await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 17, 18, 19, 20]);
		expect((await Promise.all(answers)).slice(16)).toEqual(Array(4).fill(DELIVERED));
	});

	test("can be taken out, and is answered by who takes it", async () => {
		const answers = submit(...numbers(1, 6));
		const spilled: [number, number][] = [];
		await ownTexts.release(async (item, inMs) => {
			spilled.push([item, inMs]);
			return QUEUED;
		});
		expect(spilled).toEqual([
			[4, 1_000],
			[5, 2_000],
			[6, 3_000],
		]);
		expect(await Promise.all(answers.slice(3))).toEqual([QUEUED, QUEUED, QUEUED]);
		await pass(10_000);
		expect(sent).toEqual([1, 2, 3]);
	});

	test("lets those that were taken out go before what comes after them, however often some are", async () => {
		/** The disk: they come when they are due, and again when they are told. */
		const retry = async (item: number): Promise<void> => {
			const running = ownTexts.tryRun("lane", async () => sent.push(item));
			if (running) await running;
			else await ownTexts.freed("lane").then(() => retry(item));
		};
		const due: [number, number][] = [];
		const spill = async (item: number, inMs: number) => {
			due.push([item, clock + inMs]);
			return QUEUED;
		};
		submit(1, 2, 3, 4, 5);
		await ownTexts.release(spill);
		submit(6);
		await ownTexts.release(spill);
		const [last] = submit(7);
		expect(due).toEqual([
			[4, 1_000],
			[5, 2_000],
			[6, 3_000],
		]);
		for (let second = 1; second <= 5; second++) {
			await pass(1_000);
			for (const [item, at] of due) if (at === clock) void retry(item);
			await pass(1);
			clock--;
		}
		expect(sent).toEqual(numbers(1, 7));
		expect(await last).toEqual(DELIVERED);
	});

	test("puts off what comes after many that were taken out by so much at the most, and answers it before", async () => {
		submit(1, 2, 3);
		const due: number[] = [];
		for (let times = 0; times < 20; times++) {
			const answers = submit(4, 5, 6, 7);
			await ownTexts.release(async (_, inMs) => {
				due.push(inMs);
				return QUEUED;
			});
			expect(await Promise.all(answers)).toEqual(Array(4).fill(QUEUED));
		}
		expect(due.slice(0, 8)).toEqual(numbers(1, 8).map((second) => 1_000 * second));
		expect(Math.max(...due)).toBe(8_000);
		expect(await Promise.all(submit(8))).toEqual([QUEUED]);
		await pass(9_000);
		expect(sent).toEqual([1, 2, 3, 8]);
	});

	test("is the same for what comes from the disk, which goes before what is held back", async () => {
		const retry = (item: number) =>
			ownTexts.tryRun("lane", async () => {
				sent.push(item);
			});
		expect([retry(1), retry(2), retry(3), retry(4)].map((running) => running !== undefined)).toEqual([
			...[true, true, true, false],
		]);
		for (const item of [4, 5]) void ownTexts.freed("lane").then(() => retry(item));
		submit(6);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4]);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4, 5]);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
	});

	test("says of what waits on the disk in how long it may go", async () => {
		submit(1, 2, 3);
		const wait = () => [ownTexts.freed("lane"), ownTexts.freedInMs("lane")] as const;
		const [[first, firstInMs], [second, secondInMs]] = [wait(), wait()];
		expect([firstInMs, secondInMs]).toEqual([1_000, 2_000]);
		await pass(1_000);
		await first;
		// It has not come yet.
		const [third, thirdInMs] = wait();
		expect(thirdInMs).toBe(2_000);
		await pass(1_000);
		await second;
		await pass(1_000);
		await third;
		expect(sent).toEqual([1, 2, 3]);
	});

	test("goes on when one from the disk that was told does not come", async () => {
		submit(1, 2, 3);
		const told = ownTexts.freed("lane");
		submit(4);
		await pass(1_000);
		await told;
		expect(sent).toEqual([1, 2, 3]);
		await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4]);
		await pass(10_000);
		submit(5, 6, 7);
		expect(sent).toEqual(numbers(1, 7));
	});

	test("puts on disk, and answers, what has too many from the disk before it, and sends it all the same", async () => {
		submit(1, 2, 3);
		const disk = (item: number) =>
			ownTexts.freed("lane").then(() => ownTexts.tryRun("lane", async () => sent.push(item)));
		for (const item of [4, 5, 6]) void disk(item);
		const [early] = submit(7);
		await Promise.resolve();
		expect(secured).toEqual([]);
		void disk(8);
		expect(await early).toEqual(QUEUED);
		expect(await Promise.all(submit(9, 10))).toEqual([QUEUED, QUEUED]);
		expect(secured).toEqual([7, 9, 10]);
		for (let second = 0; second < 12; second++) await pass(1_000);
		expect(sent).toEqual([1, 2, 3, 4, 5, 6, 8, 7, 9, 10]);
	});

	test("is each lane's own, and a lane is forgotten once it may have as many at once as ever", async () => {
		submit(1, 2, 3, 4);
		void ownTexts.submit("other", 5);
		expect(sent).toEqual([1, 2, 3, 5]);
		let asked = 0;
		const counted = createOwnTexts<number>(
			{ rate: { burst: 3, perSecond: 1 }, held: 4, waiting: 12 },
			async () => DELIVERED,
			async () => QUEUED,
			() => {
				asked++;
				return clock;
			},
		);
		for (let lane = 0; lane < 500; lane++) void counted.submit(`lane ${lane}`, lane);
		await pass(1_000);
		void counted.submit("one more", 0);
		asked = 0;
		void counted.submit("and another", 0);
		expect(asked).toBeLessThan(10);
	});
});

describe("messages to one registration that say something of their own", () => {
	let fixture: DeliveryFixture;
	beforeEach(async () => {
		fixture = await openDeliveryFixture({ pushIntervalMs: FOREVER });
	});
	afterEach(() => fixture.close());

	const deliverAll = () => fixture.service.program.push(...Array(60).fill({ kind: "delivered" }));
	const encrypted = (count: number): Notification => ({
		class: "high",
		count,
		encrypted: { data: `text ${count}`, iv: "iv" },
	});
	const body = (count: number): Notification => ({ class: "high", count, body: `text ${count}` });
	const counts = () => fixture.service.calls.map(({ notification }) => notification.count);
	const keptCounts = async () =>
		(await fixture.rows()).map(({ notification }) => notification.count ?? 0).sort((a, b) => a - b);
	const range = (from: number, to: number) =>
		Array.from({ length: to - from + 1 }, (_, index) => from + index);
	/** With the keys of a browser, so that a text can be read there. */
	const withKeys = async (device = "phone") => {
		const wanted = { owner: OWNER, app: "webpush", device, token: TOKEN, p256dh: "key", auth: "secret" };
		const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
		if (result.kind === "over-quota") throw new Error("over quota");
		return result.registration.node;
	};

	test.each([
		["encrypted", encrypted],
		["with a body that leaves", body],
	])("%s: of five in a row five are sent at once", async (_, notification) => {
		const node = await withKeys();
		deliverAll();
		const answers = range(1, 5).map((count) => fixture.delivery.push(node, notification(count)));
		expect(await Promise.all(answers)).toEqual(Array(5).fill(DELIVERED));
		expect(counts()).toEqual(range(1, 5));
		expect(await fixture.rows()).toEqual([]);
	});

	test.each([
		["a text that the server says of every message", { class: "high", body: "New Message!" }],
		["no text", { class: "high" }],
	] satisfies [string, Notification][])(
		"but with %s are one at once, and the newest later",
		async (_, wakeUp) => {
			const node = await withKeys();
			deliverAll();
			const [first, ...others] = range(1, 5).map((count) =>
				fixture.delivery.push(node, { ...wakeUp, count }),
			);
			expect(await first).toEqual(DELIVERED);
			await fixture.delivery.settle();
			expect(await Promise.all(others)).toEqual([SUPERSEDED, SUPERSEDED, SUPERSEDED, QUEUED]);
			expect([counts(), await keptCounts()]).toEqual([[1], [5]]);
		},
	);

	test.each([
		[
			"does not let it leave",
			true,
			{ name: "webpush", service: "webpush", include: { sender: true, body: false } },
		],
		["would, and whose device has no keys", false, { name: "webpush", service: "webpush" }],
	] satisfies [string, boolean, App][])(
		"with a body, for an app that %s, are one at once too, from the first on",
		async (_, hasKeys, app) => {
			const delivery = fixture.compose({ apps: [app] });
			const node = hasKeys ? await withKeys() : (await fixture.register()).registration.node;
			deliverAll();
			for (const from of [1, 11]) {
				const answers = range(from, from + 4).map((count) => delivery.push(node, body(count)));
				if (from === 1) expect(await answers[0]).toEqual(DELIVERED);
				await new Promise((resolve) => setImmediate(resolve));
				await delivery.idle(1_000);
				await delivery.settle();
				await Promise.all(answers);
			}
			expect(counts()).toEqual([1]);
			expect(await keptCounts()).toEqual([15]);
		},
	);

	test("with a body are sent each as soon as their device has the keys to read it", async () => {
		const wanted = { owner: OWNER, app: "webpush", device: "phone", token: TOKEN };
		const delivery = fixture.compose();
		const { registration } = await fixture.register();
		deliverAll();
		expect(await delivery.push(registration.node, body(1))).toEqual(DELIVERED);
		const result = await fixture.registrations.register({ ...wanted, p256dh: "key", auth: "secret" }, () =>
			fixture.keyring.createNode(),
		);
		expect(result).toMatchObject({ registration: { node: registration.node } });
		// The next one is not known to be one: it opens the window of those without a text, or is held back there.
		void delivery.push(registration.node, body(2));
		await delivery.settle();
		for (const entry of await fixture.rows()) await delivery.retry(entry);
		const answers = range(3, 6).map((count) => delivery.push(registration.node, body(count)));
		expect(await Promise.all(answers)).toEqual(Array(4).fill(DELIVERED));
		expect(counts()).toEqual(range(1, 6));
	});

	test("wait on disk as they are when their service fails, twenty of them, and none makes up for another", async () => {
		const node = await withKeys();
		fixture.service.program.push(...Array(5).fill({ kind: "retry", reason: "503" }));
		const answers = range(1, 5).map((count) => fixture.delivery.push(node, encrypted(count)));
		expect(await Promise.all(answers)).toEqual(Array(5).fill({ ...QUEUED, reason: "503" }));
		expect(await keptCounts()).toEqual(range(1, 5));
		const more = range(6, 30).map((count) => fixture.delivery.push(node, encrypted(count)));
		await fixture.delivery.settle();
		expect(new Set((await Promise.all(more)).map(({ kind }) => kind))).toEqual(new Set(["done"]));
		expect(await keptCounts()).toEqual([...range(1, 5), ...range(21, 30)]);
		deliverAll();
		// Something without a text makes up for none of them.
		expect(await fixture.delivery.push(node, { class: "high", count: 100 })).toEqual(DELIVERED);
		expect(await keptCounts()).toEqual([...range(1, 5), ...range(21, 30)]);
	});

	test("go out from the disk at the same pace, each once", async () => {
		const node = await withKeys();
		const delivery = fixture.compose();
		fixture.service.program.push(...Array(5).fill({ kind: "retry", reason: "503" }));
		await Promise.all(range(1, 5).map((count) => delivery.push(node, encrypted(count))));
		const more = range(6, 8).map((count) => delivery.push(node, encrypted(count)));
		await delivery.settle();
		await Promise.all(more);
		deliverAll();
		// The next process has as many at once as ever.
		const next = fixture.compose();
		fixture.clock.now += 600_000;
		const startedAt = performance.now();
		const loop = startOutboxLoop(fixture.outbox, next.retry, fixture.log, () => fixture.clock.now);
		while ((await fixture.rows()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
		await loop.stop();
		expect(
			counts()
				.slice(5)
				.sort((a, b) => (a ?? 0) - (b ?? 0)),
		).toEqual(range(1, 8));
		expect(performance.now() - startedAt).toBeGreaterThan(2_900);
	});

	test("wait on disk each until its own time has come", async () => {
		const node = await withKeys();
		fixture.service.program.push(...Array(5).fill({ kind: "retry", reason: "503" }));
		await Promise.all(range(1, 5).map((count) => fixture.delivery.push(node, encrypted(count))));
		const more = range(6, 8).map((count) => fixture.delivery.push(node, encrypted(count)));
		await fixture.delivery.settle();
		await Promise.all(more);
		deliverAll();
		const next = fixture.compose();
		fixture.clock.now += 600_000;
		const tried = (await fixture.rows()).map((entry) => next.retry(entry));
		const inMs = (await Promise.all(tried)).map((one) =>
			one.kind === "taken" && one.at !== undefined
				? Math.round((one.at - fixture.clock.now) / 1000)
				: one.kind,
		);
		expect(inMs).toEqual([...Array(5).fill("done"), 1, 2, 3]);
	});

	test("that were put on disk while they are held back go out once, also where the clock was set forward", async () => {
		const node = await withKeys();
		deliverAll();
		// So many that they are answered before their turn.
		const answers = range(1, 55).map((count) => fixture.delivery.push(node, encrypted(count)));
		expect((await Promise.all(answers)).at(-1)).toEqual(QUEUED);
		expect(await keptCounts()).toEqual(range(46, 55));
		fixture.clock.now += 60_000;
		const entry = (await fixture.rows()).find(({ notification }) => notification.count === 46);
		if (!entry) throw new Error("it is not on disk");
		const tried = await fixture.delivery.retry(entry);
		if (tried.kind !== "taken") throw new Error("the lane is free");
		await tried.free;
		expect(await fixture.delivery.retry(entry)).toEqual({ kind: "done" });
		await fixture.delivery.settle();
		expect(counts().slice(5)).toEqual([46]);
		expect(await keptCounts()).toEqual(range(47, 55));
	});

	test("are put on disk without those that are on their way, where nothing else is asked for", async () => {
		const node = await withKeys();
		const sent = range(1, 5).map((count) => fixture.delivery.push(node, encrypted(count)));
		const held = [6, 7].map((count) => fixture.delivery.push(node, encrypted(count)));
		for (let call = 1; call <= 5; call++) await fixture.service.next();
		await fixture.delivery.settle(Number.POSITIVE_INFINITY);
		expect(await Promise.all(held)).toEqual([QUEUED, QUEUED]);
		expect(await keptCounts()).toEqual([6, 7]);
		for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
		expect(await Promise.all(sent)).toEqual(Array(5).fill(DELIVERED));
	});

	test("are taken out together with those that are on their way: none starts while these are written", async () => {
		const written = Promise.withResolvers<void>();
		const put: number[] = [];
		const delivery = fixture.compose({
			outbox: {
				...fixture.outbox,
				async put(...entries) {
					for (const { notification } of entries) put.push(notification.count ?? 0);
					await written.promise;
					await fixture.outbox.put(...entries);
				},
			},
		});
		const node = await withKeys();
		const own = range(1, 6).map((count) => delivery.push(node, encrypted(count)));
		const others = [7, 8].map((count) => delivery.push(node, { class: "high", count }));
		const calls = [11, 12].map((count) => delivery.push(node, { class: "voip", count }));
		for (let call = 1; call <= 8; call++) await fixture.service.next();
		const settled = delivery.settle();
		while (put.length === 0) await new Promise((resolve) => setImmediate(resolve));
		expect(put.sort((a, b) => a - b)).toEqual([...range(1, 8), 11, 12]);
		written.resolve();
		await settled;
		expect((await Promise.all([...own, ...others, ...calls])).map(({ kind }) => kind)).toEqual(
			Array(10).fill("done"),
		);
	});

	test("from elsewhere take no place of the owner's, held back or on disk", async () => {
		const delivery = fixture.compose({ admit: async ({ node }) => ({ node }) });
		const node = await withKeys();
		const publish = (publisher: string, count: number) =>
			delivery.publish({ node, secret: "", publisher, notification: encrypted(count) });
		deliverAll();
		await Promise.all(range(1, 5).map((count) => publish("capulet.example", count)));
		const held = range(6, 8).map((count) => publish("capulet.example", count));
		for (const count of range(101, 130))
			expect(await publish("elsewhere.example", count)).toMatchObject({ kind: "unknown" });
		await delivery.settle();
		expect(await Promise.all(held)).toEqual(Array(3).fill(QUEUED));
		// Nothing of the owner's is held back: now they are, and are put on disk before anybody looked.
		for (let times = 0; times < 4; times++) {
			const foreign = range(200, 209).map((count) => publish("elsewhere.example", count + 10 * times));
			await new Promise((resolve) => setImmediate(resolve));
			await delivery.settle();
			await Promise.all(foreign);
		}
		expect((await keptCounts()).slice(0, 4)).toEqual([6, 7, 8, 220]);
	});
});
