import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { DeliveryDeps } from "../../src/delivery/delivery.ts";
import { createKeyring } from "../../src/secrets.ts";
import type { Answer, AskedClass, Notification, Outcome, PushClass, PushService } from "../../src/types.ts";
import { away, type DeliveryFixture, HIGH, OWNER, openDeliveryFixture, TOKEN } from "./delivery-fixture.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const QUEUED: Answer = { kind: "done", how: "queued" };
const SUPERSEDED: Answer = { kind: "done", how: "superseded" };
const FOREVER = 3_600_000;
/** The first wait of the backoff, without the luck of the jitter. */
const FIRST_BACKOFF = 5_000;

let fixture: DeliveryFixture;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
});
afterEach(() => fixture.close());

const unwell = { kind: "retry", reason: "503 push service unwell" } as const;
const flushed = async (node: string) => {
	await fixture.results.flush();
	return fixture.registrations.find(node);
};
const counts = async () => {
	await fixture.results.flush();
	const { rows } = await fixture.shared.client.execute(
		"SELECT outcome, count FROM statistics ORDER BY outcome",
	);
	return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
};

describe("what the push service says decides", () => {
	test("delivered: answered so, nothing on disk, the time noted", async () => {
		const { registration, secret } = await fixture.register();
		fixture.service.program.push({ kind: "delivered", id: "1" });
		fixture.clock.now += 5;
		expect(await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH })).toEqual(
			DELIVERED,
		);
		expect(await fixture.rows()).toEqual([]);
		expect(fixture.queued).toEqual([]);
		expect(await flushed(registration.node)).toEqual({ ...registration, lastSuccessAt: fixture.clock.now });
		expect(await counts()).toEqual({ delivered: 1 });
	});

	test("retry: answered as done once it is on disk, due after the backoff, the reason noted", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell);
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject(QUEUED);
		const dueAt = fixture.clock.now + FIRST_BACKOFF;
		expect(await fixture.rows()).toEqual([
			{
				node: registration.node,
				class: "high",
				version: 1,
				notification: HIGH,
				attempts: 1,
				dueAt,
				expiresAt: fixture.clock.now + 3_600_000,
				lastError: unwell.reason,
				gate: "webpush new",
			},
		]);
		expect(fixture.queued).toEqual([dueAt]);
		expect(await flushed(registration.node)).toMatchObject({ lastError: unwell.reason });
	});

	test("retry: nothing is kept of a stranger while the disk is nearly full, and what was delivered to is owed", async () => {
		const delivery = fixture.compose({ mayGrow: async () => false });
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, { kind: "delivered" }, unwell);
		const push = () => delivery.push(registration.node, HIGH);
		expect(await push()).toEqual({ kind: "wait", reason: "the disk of this server is nearly full" });
		expect([await fixture.rows(), fixture.queued]).toEqual([[], []]);
		expect(await push()).toEqual(DELIVERED);
		expect(await push()).toMatchObject(QUEUED);
		expect(await fixture.rows()).toHaveLength(1);
		expect(fixture.lines.filter((line) => line.startsWith("error"))).toEqual([]);
	});

	test("delivered and then not, within one batch of statistics: both times are noted", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" }, unwell);
		await fixture.delivery.push(registration.node, HIGH);
		fixture.clock.now += 1_000;
		await fixture.delivery.push(registration.node, HIGH);
		expect(await flushed(registration.node)).toMatchObject({
			lastSuccessAt: fixture.clock.now - 1_000,
			lastErrorAt: fixture.clock.now,
		});
	});

	test("retry with a Retry-After: not before it", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ ...unwell, afterMs: 120_000 });
		await fixture.delivery.push(registration.node, HIGH);
		expect(fixture.queued).toEqual([fixture.clock.now + 120_000]);
	});

	test("gone: the registration goes, the publisher learns that there is none", async () => {
		const { registration, secret } = await fixture.register();
		fixture.service.program.push({ kind: "gone", reason: "410 subscription ended" });
		fixture.clock.now += 5;
		expect(
			await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH }),
		).toMatchObject({ kind: "unknown" });
		expect(await fixture.registrations.find(registration.node)).toBeUndefined();
		expect(await fixture.rows()).toEqual([]);
		expect(await counts()).toEqual({ gone: 1 });
	});

	test("rejected: the registration stays, the push does not", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "rejected", reason: "400 refused as malformed" });
		expect(await fixture.delivery.push(registration.node, HIGH)).toEqual({
			kind: "refused",
			reason: "refused by the push service: 400 refused as malformed",
		});
		expect(await flushed(registration.node)).toMatchObject({ lastError: "400 refused as malformed" });
		expect(await fixture.rows()).toEqual([]);
	});

	test("misconfigured: everything is kept until a person has mended it, and the log says so", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "misconfigured", reason: "no VAPID private key" });
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject(QUEUED);
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
		expect(fixture.queued[0]).toBeGreaterThanOrEqual(fixture.clock.now + 60_000);
		expect(fixture.lines.filter((line) => line.startsWith("error"))).toHaveLength(1);
	});

	test("nothing, by throwing against its contract: the publisher is told to wait", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(new Error(`cannot fetch ${TOKEN}`));
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject({ kind: "wait" });
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
	});
});

describe("a class that a device does not get", () => {
	const SKIPPED: Answer = { kind: "done", how: "skipped" };
	/** As Apple's Web Push. */
	const skipping = (changes: Partial<DeliveryDeps> = {}) => {
		const service = Object.assign(Object.create(fixture.service) as PushService, {
			skips: (_: unknown, pushClass: PushClass) => pushClass === "low",
		});
		return fixture.compose({ services: new Map([["webpush", service]]), ...changes });
	};

	test("is not sent, and answered as done; what was promised of it goes, and nothing else", async () => {
		const { registration } = await fixture.register();
		const { node } = registration;
		fixture.service.program.push({ kind: "retry", reason: "503" }, { kind: "retry", reason: "503" });
		await fixture.delivery.push(node, { class: "low" });
		await fixture.delivery.push(node, { class: "high" });
		const delivery = skipping();
		expect(await delivery.push(node, { class: "low" })).toEqual(SKIPPED);
		expect((await fixture.rows()).map((row) => row.class).sort()).toEqual(["high", "low"]);
		for (const entry of await fixture.rows()) {
			if (entry.class === "low") expect(await delivery.retry(entry)).toEqual({ kind: "done" });
		}
		expect((await fixture.rows()).map((row) => row.class)).toEqual(["high"]);
		expect(fixture.service.calls).toHaveLength(2);
	});

	/** Has a device ask for classes. */
	const asksFor = (node: string, ...classes: AskedClass[]) =>
		fixture.registrations.renew(node, { token: TOKEN }, undefined, { classes });

	test("is sent to a device that asks for it", async () => {
		const { registration } = await fixture.register();
		await asksFor(registration.node, "high", "low");
		fixture.service.program.push({ kind: "delivered" });
		expect(await skipping().push(registration.node, { class: "low" })).toEqual(DELIVERED);
		expect(fixture.service.calls.map(({ notification }) => notification.class)).toEqual(["low"]);
	});

	test("is as well one that a device does not ask for, whatever its service; of its account it always learns", async () => {
		const { registration } = await fixture.register();
		const { node } = registration;
		for (const asked of ["voip", "high", "low"] as const) {
			await asksFor(node, asked);
			for (const pushClass of ["voip", "high", "low"] as const) {
				if (pushClass === asked) fixture.service.program.push({ kind: "delivered" });
				const answer = await fixture.delivery.push(node, { class: pushClass });
				expect(answer).toEqual(pushClass === asked ? DELIVERED : SKIPPED);
			}
			fixture.service.program.push({ kind: "delivered" });
			expect(await fixture.delivery.push(node, { class: "event", event: "account-removed" })).toEqual(
				DELIVERED,
			);
		}
		expect(fixture.service.calls.map(({ notification }) => notification.class)).toEqual([
			...["voip", "event", "high", "event", "low", "event"],
		] as PushClass[]);
	});

	test("is given up once the device asks for others: it owes nothing", async () => {
		const { registration } = await fixture.register();
		const { node } = registration;
		fixture.service.program.push({ kind: "retry", reason: "503" });
		expect(await fixture.delivery.push(node, HIGH)).toMatchObject(QUEUED);
		await asksFor(node, "voip");
		const [entry] = await fixture.rows();
		expect(await fixture.delivery.retry(entry as NonNullable<typeof entry>)).toEqual({ kind: "done" });
		expect(await fixture.rows()).toEqual([]);
		expect(fixture.service.calls).toHaveLength(1);
	});

	test("is what the app makes of it", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" });
		const app = { name: "webpush", service: "webpush" } as const;
		const silent = skipping({ apps: [{ ...app, priority: "silent" }] });
		expect(await silent.push(registration.node, { class: "high" })).toEqual(SKIPPED);
		const loud = skipping({ apps: [{ ...app, priority: "high" }] });
		expect(await loud.push(registration.node, { class: "low" })).toEqual(DELIVERED);
	});
});

describe("who may publish", () => {
	test("a wrong secret, no secret, a secret of another node and no node at all look the same, and nothing is looked up", async () => {
		const [one, other] = [await fixture.register("one"), await fixture.register("other")];
		const lookedUp: string[] = [];
		const watched = new Proxy(fixture.registrations, {
			get(target, name) {
				lookedUp.push(String(name));
				return Reflect.get(target, name);
			},
		});
		const delivery = fixture.compose({ registrations: watched });
		for (const [node, secret] of [
			[one.registration.node, "x".repeat(43)],
			[one.registration.node, ""],
			[one.registration.node, other.secret],
			["no node of ours", one.secret],
			["", ""],
		] as const)
			expect(await delivery.publish({ node, secret, notification: HIGH })).toMatchObject({ kind: "unknown" });
		expect(lookedUp).toEqual([]);
		expect(fixture.service.calls).toEqual([]);
	});

	test("a right secret of a registration that was removed is unknown", async () => {
		const { registration, secret } = await fixture.register();
		await fixture.registrations.remove(registration.node);
		expect(
			await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH }),
		).toMatchObject({ kind: "unknown" });
	});

	test("a key that is not configured is our fault: wait", async () => {
		const foreign = await createKeyring("another key, of before SECRET_KEY was changed");
		const node = foreign.createNode();
		const answer = await fixture.delivery.publish({
			node,
			secret: await foreign.secretOf(node),
			notification: HIGH,
		});
		expect(answer).toMatchObject({ kind: "wait" });
		expect(fixture.lines.join()).toContain("SECRET_KEY_OLD");
	});

	test("a row that a replica lacks is asked for at the primary before it is called unknown", async () => {
		const { registration } = await fixture.register();
		const replica = new Proxy(fixture.registrations, {
			get: (target, name) => (name === "find" ? async () => undefined : Reflect.get(target, name)),
		});
		fixture.service.program.push({ kind: "delivered" });
		expect(await fixture.compose({ registrations: replica }).push(registration.node, HIGH)).toEqual(
			DELIVERED,
		);
	});

	test("an app that is not configured any more keeps its registrations and their pushes", async () => {
		const { registration } = await fixture.register();
		const wakeUp = { class: "high" } as const;
		expect(await fixture.compose({ apps: [] }).push(registration.node, wakeUp)).toMatchObject(QUEUED);
		expect(await fixture.compose({ services: new Map() }).push(registration.node, wakeUp)).toMatchObject(
			QUEUED,
		);
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
		expect(await fixture.rows()).toHaveLength(1);
	});
});

describe("a database that is away costs nobody a registration", () => {
	test("at the lookup: wait, and nothing is sent", async () => {
		const { registration, secret } = await fixture.register();
		const delivery = fixture.compose({ registrations: away(fixture.registrations) });
		expect(await delivery.publish({ node: registration.node, secret, notification: HIGH })).toEqual({
			kind: "wait",
			reason: "the database is not available",
		});
		expect(fixture.service.calls).toEqual([]);
	});

	test.each(["forget", "findAtPrimary"] as const)(
		"at a verdict, where %s fails: wait, and not a word of gone",
		async (name) => {
			const { registration } = await fixture.register();
			const delivery = fixture.compose({ registrations: away(fixture.registrations, name) });
			fixture.service.program.push({ kind: "gone", reason: "410", at: 1 });
			expect(await delivery.push(registration.node, HIGH)).toMatchObject({ kind: "wait" });
			expect(await fixture.registrations.find(registration.node)).toBeDefined();
		},
	);

	test("an outbox that cannot be written: wait, since nothing may be promised", async () => {
		const { registration } = await fixture.register();
		const delivery = fixture.compose({ outbox: away(fixture.outbox, "put") });
		fixture.service.program.push(unwell);
		expect(await delivery.push(registration.node, HIGH)).toEqual({
			kind: "wait",
			reason: "the outbox cannot be written",
		});
		expect(fixture.queued).toEqual([]);
	});

	test("statistics that cannot be written wait for the next time, and are counted once", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
		await fixture.delivery.push(registration.node, HIGH);
		await fixture.shared.client.execute("ALTER TABLE statistics RENAME TO away");
		await fixture.results.flush();
		await fixture.delivery.push(registration.node, HIGH);
		await fixture.shared.client.execute("ALTER TABLE away RENAME TO statistics");
		expect(await counts()).toEqual({ delivered: 2 });
		expect(await counts()).toEqual({ delivered: 2 });
	});
});

describe("a verdict about an old token does not undo a renewal", () => {
	test("that came while the old token was sent to: the push goes to the new one", async () => {
		const { registration } = await fixture.register();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		fixture.clock.now += 10;
		await fixture.register("phone", "https://push.example/new");
		call.answer({ kind: "gone", reason: "410 subscription ended" });
		expect(await answer).toMatchObject(QUEUED);
		expect((await fixture.registrations.find(registration.node))?.token).toBe("https://push.example/new");
		const [entry] = await fixture.rows();
		fixture.service.program.push({ kind: "delivered" });
		if (entry) await fixture.delivery.retry(entry);
		expect(fixture.service.calls.at(-1)?.registration.token).toBe("https://push.example/new");
		expect(await fixture.rows()).toEqual([]);
	});

	test("of the very same token: it lives again", async () => {
		const { registration } = await fixture.register();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		await fixture.register("phone", TOKEN);
		call.answer({ kind: "gone", reason: "410" });
		expect(await answer).toMatchObject(QUEUED);
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
	});

	test("that is younger than the time the provider gives", async () => {
		const { registration } = await fixture.register();
		fixture.clock.now += 1000;
		fixture.service.program.push({ kind: "gone", reason: "410", at: registration.renewedAt - 1 });
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject(QUEUED);
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
		fixture.service.program.push({ kind: "gone", reason: "410", at: registration.renewedAt + 1 });
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject({ kind: "unknown" });
	});

	test("even if the provider's clock is ahead: its time counts no later than our sending", async () => {
		const { registration } = await fixture.register();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		fixture.clock.now += 10;
		await fixture.register("phone", TOKEN);
		call.answer({ kind: "gone", reason: "410", at: fixture.clock.now + 60_000 });
		expect(await answer).toMatchObject(QUEUED);
		expect(await fixture.registrations.find(registration.node)).toBeDefined();
	});

	test("and one that was removed by its owner meanwhile is gone, whoever says so first", async () => {
		const { registration } = await fixture.register();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		await fixture.registrations.remove(registration.node);
		call.answer({ kind: "gone", reason: "410" });
		expect(await answer).toMatchObject({ kind: "unknown" });
	});
});

describe("the newest supersedes", () => {
	const entryOf = async (pushClass: PushClass) =>
		(await fixture.rows()).find((row) => row.class === pushClass)?.version;

	test("a delivered push takes an older one of its class out of the outbox, and none of another class", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, unwell, { kind: "delivered" });
		await fixture.delivery.push(registration.node, HIGH);
		await fixture.delivery.push(registration.node, { class: "low" });
		expect(await fixture.delivery.push(registration.node, HIGH)).toEqual(DELIVERED);
		expect(await entryOf("high")).toBeUndefined();
		expect(await entryOf("low")).toBe(2);
	});

	test("a newer one that waits takes the place of an older one that waits", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, unwell);
		await fixture.delivery.push(registration.node, { class: "high", count: 1 });
		await fixture.delivery.push(registration.node, { class: "high", count: 2 });
		expect((await fixture.rows()).map(({ version, notification }) => [version, notification.count])).toEqual([
			[2, 2],
		]);
	});

	test("a newer one that is refused leaves an older one that was promised", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, { kind: "rejected", reason: "400 refused as malformed" });
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject(QUEUED);
		expect(await fixture.delivery.push(registration.node, HIGH)).toMatchObject({ kind: "refused" });
		expect(await entryOf("high")).toBe(1);
	});

	test("an older one that is tried again late neither replaces nor removes a newer one", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell);
		await fixture.delivery.push(registration.node, { class: "event", event: "old" });
		const [old] = await fixture.rows();
		if (!old) throw new Error("nothing was queued");
		const retrying = fixture.delivery.retry(old);
		const late = await fixture.service.next().then(() => fixture.service.next());
		fixture.service.program.push(unwell);
		await fixture.delivery.push(registration.node, { class: "event", event: "new" });
		late.answer({ kind: "delivered" });
		await retrying;
		expect((await fixture.rows()).map(({ notification }) => notification.event)).toEqual(["new"]);
	});

	test.each(["voip", "event"] as const)(
		"an older %s that fails again after a newer one went out does not come back",
		async (pushClass) => {
			const { registration } = await fixture.register();
			fixture.service.program.push(unwell);
			await fixture.delivery.push(registration.node, { class: pushClass, count: 1 });
			const [old] = await fixture.rows();
			if (!old) throw new Error("nothing was queued");
			await fixture.service.next();
			const retrying = fixture.delivery.retry(old);
			const late = await fixture.service.next();
			fixture.service.program.push({ kind: "delivered" });
			expect(await fixture.delivery.push(registration.node, { class: pushClass, count: 2 })).toEqual(
				DELIVERED,
			);
			late.answer(unwell);
			await retrying;
			expect(await fixture.rows()).toEqual([]);
		},
	);

	test.each(["voip", "event"] as const)(
		"an older %s that fails slowly is not kept once a newer one went out",
		async (pushClass) => {
			const { registration } = await fixture.register();
			const older = fixture.delivery.push(registration.node, { class: pushClass, count: 1 });
			const slow = await fixture.service.next();
			fixture.service.program.push({ kind: "delivered" });
			expect(await fixture.delivery.push(registration.node, { class: pushClass, count: 2 })).toEqual(
				DELIVERED,
			);
			slow.answer(unwell);
			expect(await older).toEqual(SUPERSEDED);
			expect(await fixture.rows()).toEqual([]);
		},
	);

	test("an entry whose lane is taken waits for it, and does not come back once it was superseded", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell);
		await fixture.delivery.push(registration.node, HIGH);
		const [old] = await fixture.rows();
		if (!old) throw new Error("nothing was queued");
		await fixture.service.next();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		const tried = await fixture.delivery.retry(old);
		if (tried.kind !== "taken") throw new Error(`it was tried: ${tried.kind}`);
		let isFree = false;
		void tried.free.then(() => {
			isFree = true;
		});
		expect(await fixture.rows()).toEqual([old]);
		expect([isFree, fixture.service.calls.length]).toEqual([false, 2]);
		call.answer({ kind: "delivered" });
		expect(await answer).toEqual(DELIVERED);
		await tried.free;
		expect(await fixture.rows()).toEqual([]);
	});
});

describe("the throttle", () => {
	const throttled = () => fixture.compose({ pushIntervalMs: FOREVER });

	test("holds messages back for each registration and class, and never calls or events", async () => {
		const delivery = throttled();
		const { registration } = await fixture.register();
		const notifications: Notification[] = [
			...[HIGH, HIGH, { class: "low" } as const, { class: "low" } as const],
			...[{ class: "voip" } as const, { class: "voip" } as const],
			...[{ class: "event", event: "a" } as const, { class: "event", event: "b" } as const],
		];
		const sent: PushClass[] = [];
		fixture.service.program.push(...Array.from({ length: 6 }, () => ({ kind: "delivered" }) as const));
		for (const notification of notifications) void delivery.push(registration.node, notification);
		for (let n = 0; n < 6; n++) sent.push((await fixture.service.next()).notification.class);
		expect(sent.sort()).toEqual(["event", "event", "high", "low", "voip", "voip"]);
		await delivery.idle(1000);
		expect(fixture.service.calls).toHaveLength(6);
		await delivery.settle();
	});

	test("answers what it held back with what became of the newest, even if the registration went meanwhile", async () => {
		const delivery = fixture.compose({ pushIntervalMs: 30 });
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" });
		const answers = [HIGH, HIGH, HIGH].map((notification) => delivery.push(registration.node, notification));
		expect(await answers[0]).toEqual(DELIVERED);
		await fixture.registrations.remove(registration.node);
		const unknown = { kind: "unknown", reason: "no such registration" } as const;
		expect(await Promise.all(answers.slice(1))).toEqual([unknown, unknown]);
		expect(fixture.service.calls).toHaveLength(1);
	});

	test("sends the newest content at the window's end", async () => {
		const delivery = fixture.compose({ pushIntervalMs: 30 });
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
		const answers = [1, 2, 3].map((count) => delivery.push(registration.node, { class: "high", count }));
		expect(await Promise.all(answers)).toEqual([DELIVERED, SUPERSEDED, DELIVERED]);
		expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([1, 3]);
	});
});

describe("settling, before the process ends or the server's patience does", () => {
	test("answers what is on its way and what is held back, once it is on disk and not before", async () => {
		const written = Promise.withResolvers<void>();
		const slow = new Proxy(fixture.outbox, {
			get(target, name) {
				if (name !== "put") return Reflect.get(target, name);
				return async (...entries: Parameters<typeof target.put>) => {
					await written.promise;
					return target.put(...entries);
				};
			},
		});
		const delivery = fixture.compose({ pushIntervalMs: FOREVER, outbox: slow });
		const { registration } = await fixture.register();
		const answers = [1, 2, 3].map((count) => delivery.push(registration.node, { class: "high", count }));
		await fixture.service.next();
		let answered = 0;
		for (const answer of answers) void answer.then(() => answered++);
		const settling = delivery.settle();
		await new Promise((resolve) => setImmediate(resolve));
		expect(answered).toBe(0);
		written.resolve();
		await settling;
		expect(await Promise.all(answers)).toEqual([QUEUED, SUPERSEDED, QUEUED]);
		expect((await fixture.rows()).map(({ notification }) => notification.count)).toEqual([3]);
	});

	test("what is on its way and arrives after all is not sent a second time", async () => {
		const { registration } = await fixture.register();
		const answer = fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		await fixture.delivery.settle();
		expect(await answer).toMatchObject(QUEUED);
		expect(await fixture.rows()).toHaveLength(1);
		call.answer({ kind: "delivered" });
		await fixture.delivery.idle(1000);
		expect(await fixture.rows()).toEqual([]);
	});

	test("what is still looked up goes out at once after that, to a host that its client chose too", async () => {
		const looked = Promise.withResolvers<void>();
		const slow = new Proxy(fixture.registrations, {
			get(target, name) {
				if (name !== "find") return Reflect.get(target, name);
				return async (node: string) => {
					await looked.promise;
					return target.find(node);
				};
			},
		});
		const chosen = { origin: "https://push.chosen.example", isProvider: false };
		const service = Object.assign(fixture.service, { originOf: () => chosen });
		service.program.push({ kind: "delivered" });
		const { registration } = await fixture.register();
		const delivery = fixture.compose({ registrations: slow, services: new Map([["webpush", service]]) });
		const answer = delivery.push(registration.node, HIGH);
		await delivery.settle();
		expect(await answer).toMatchObject(QUEUED);
		looked.resolve();
		await delivery.idle(1000);
		expect(service.calls).toHaveLength(1);
		expect(await fixture.rows()).toEqual([]);
	});

	test("with a full disk answers wait, and loses nothing that was promised", async () => {
		const delivery = fixture.compose({ pushIntervalMs: FOREVER, outbox: away(fixture.outbox, "put") });
		const { registration } = await fixture.register();
		const answers = [1, 2].map((count) => delivery.push(registration.node, { class: "high", count }));
		await fixture.service.next();
		await delivery.settle();
		for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ kind: "wait" });
	});

	test("is not waited for by more than ten thousand: what comes beyond goes to the disk at once", async () => {
		const hanging = new Proxy(fixture.registrations, {
			get: (target, name) => (name === "find" ? () => new Promise(() => {}) : Reflect.get(target, name)),
		});
		const delivery = fixture.compose({ registrations: hanging });
		for (let push = 0; push < 10_000; push++) void delivery.push(`node ${push}`, { class: "voip" });
		expect(await delivery.push("beyond", { class: "voip" })).toEqual(QUEUED);
		expect((await fixture.rows()).map(({ node }) => node)).toEqual(["beyond"]);
		expect(fixture.queued).toEqual([fixture.clock.now]);
	});

	test("whoever waits for the end of what is on its way is told of it, and the second one too", async () => {
		const { registration } = await fixture.register();
		void fixture.delivery.push(registration.node, HIGH);
		const call = await fixture.service.next();
		const both = Promise.all([fixture.delivery.idle(FOREVER), fixture.delivery.idle(FOREVER)]);
		call.answer({ kind: "delivered" });
		await both;
	});

	test("with nothing in hand does nothing", async () => {
		await fixture.delivery.settle();
		await fixture.delivery.idle(0);
		expect(fixture.queued).toEqual([]);
	});
});

describe("time to live", () => {
	test("the service is told the seconds that are left; a call's are few", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, { kind: "delivered" });
		await fixture.delivery.push(registration.node, HIGH);
		await fixture.delivery.push(registration.node, { class: "voip" });
		expect(fixture.service.calls.map(({ ttlSeconds }) => ttlSeconds)).toEqual([3600, 60]);
		fixture.clock.now += 100_500;
		fixture.service.program.push({ kind: "delivered" });
		const [entry] = await fixture.rows();
		if (entry) await fixture.delivery.retry(entry);
		expect(fixture.service.calls.at(-1)?.ttlSeconds).toBe(3500);
	});

	test("counts from when the push was published, wherever it was taken in", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" });
		const call: Notification = { class: "voip" };
		await fixture.delivery.push(registration.node, call, fixture.clock.now - 45_000);
		expect(fixture.service.calls.at(-1)?.ttlSeconds).toBe(15);
		expect(await fixture.delivery.push(registration.node, call, fixture.clock.now - 60_000)).toMatchObject({
			kind: "refused",
		});
		expect(fixture.service.calls).toHaveLength(1);
	});

	test("an entry that is older than that is dropped unsent", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell);
		await fixture.delivery.push(registration.node, HIGH);
		fixture.clock.now += 3_600_000;
		const [entry] = await fixture.rows();
		if (entry) await fixture.delivery.retry(entry);
		expect(fixture.service.calls).toHaveLength(1);
		expect(await fixture.rows()).toEqual([]);
	});

	test("a call's is a minute, even if the clock was set back by an hour since it was put on disk", async () => {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell, unwell);
		await fixture.delivery.push(registration.node, { class: "voip" });
		fixture.clock.now -= 3_600_000;
		for (const entry of await fixture.rows()) await fixture.delivery.retry(entry);
		expect((await fixture.rows()).map(({ expiresAt }) => expiresAt)).toEqual([fixture.clock.now + 60_000]);
	});

	test("the service has a deadline", async () => {
		const delivery = fixture.compose({ sendDeadlineMs: 20 });
		const { registration } = await fixture.register();
		const answer = delivery.push(registration.node, HIGH);
		const { signal, answer: reply } = await fixture.service.next();
		await new Promise((resolve) => signal.addEventListener("abort", resolve));
		reply(unwell);
		expect(await answer).toMatchObject(QUEUED);
	});
});

describe("a host that a client chose and that was not reached", () => {
	const unreached: Outcome = { kind: "retry", reason: "cannot be reached", detail: "its address is private" };
	/** A delivery whose pauses end when the test says so. */
	function composed() {
		const pauses: { ms: number; end(): void }[] = [];
		const began = Promise.withResolvers<void>();
		const pause = (ms: number) =>
			new Promise<void>((end) => {
				pauses.push({ ms, end });
				began.resolve();
			});
		return { delivery: fixture.compose({ pause }), pauses, began: began.promise };
	}

	test("is told of at the same time and in the same words, however soon it is known", async () => {
		const { delivery, pauses, began } = composed();
		const { registration } = await fixture.register();
		const answer = delivery.push(registration.node, HIGH);
		const { answer: reply } = await fixture.service.next();
		fixture.clock.now += 1_200;
		reply(unreached);
		await began;
		expect(pauses.map(({ ms }) => ms)).toEqual([3_800]);
		expect(await Promise.race([answer, Promise.resolve("not yet")])).toBe("not yet");
		pauses[0]?.end();
		expect(await answer).toEqual({ kind: "done", how: "queued", reason: "cannot be reached" });
		await fixture.results.flush();
		expect((await fixture.registrations.find(registration.node))?.lastError).toBe("cannot be reached");
		expect(fixture.lines.join()).toContain("its address is private");
	});

	test("holds up neither a connection whose window is full nor what waits in the outbox", async () => {
		const { delivery, pauses, began } = composed();
		const { registration } = await fixture.register();
		const answer = delivery.push(registration.node, HIGH);
		(await fixture.service.next()).answer(unreached);
		await began;
		await delivery.settle();
		expect(await answer).toMatchObject(QUEUED);
		pauses[0]?.end();
		await delivery.idle(1_000);
		const [entry] = await fixture.rows();
		if (!entry) throw new Error("nothing was queued");
		fixture.service.program.push(unreached);
		expect(await delivery.retry(entry)).toEqual({ kind: "done" });
		expect(pauses).toHaveLength(1);
	});
});

describe("trying an entry again", () => {
	async function queuedEntry() {
		const { registration } = await fixture.register();
		fixture.service.program.push(unwell);
		await fixture.delivery.push(registration.node, HIGH);
		const [entry] = await fixture.rows();
		if (!entry) throw new Error("nothing was queued");
		return entry;
	}

	test("waits longer each time, an hour at most", async () => {
		await queuedEntry();
		const waits: number[] = [];
		for (let n = 0; n < 14; n++) {
			const [entry] = await fixture.rows();
			if (!entry) throw new Error("the entry is gone");
			fixture.service.program.push(unwell);
			await fixture.delivery.retry({ ...entry, expiresAt: Number.MAX_SAFE_INTEGER });
			waits.push((fixture.queued.at(-1) ?? 0) - fixture.clock.now);
		}
		expect(waits.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000]);
		expect(waits.at(-1)).toBe(3_600_000);
		expect(Math.max(...waits)).toBe(3_600_000);
	});

	test("keeps it while the database is away", async () => {
		const entry = await queuedEntry();
		await fixture.compose({ registrations: away(fixture.registrations) }).retry(entry);
		expect(await fixture.rows()).toMatchObject([{ version: entry.version, attempts: 2 }]);
	});

	test("leaves it as it was, and says so, when the outbox cannot be written", async () => {
		const entry = await queuedEntry();
		fixture.service.program.push(unwell);
		await expect(
			fixture.compose({ outbox: away(fixture.outbox, "change", "remove") }).retry(entry),
		).rejects.toThrow();
		expect(await fixture.rows()).toEqual([entry]);
	});

	test("drops it when its registration is gone, was refused, or turns out to be dead", async () => {
		for (const outcome of [
			{ kind: "rejected", reason: "400" },
			{ kind: "gone", reason: "410" },
		] as const) {
			const entry = await queuedEntry();
			fixture.clock.now += 10;
			fixture.service.program.push(outcome);
			await fixture.delivery.retry(entry);
			expect(await fixture.rows()).toEqual([]);
		}
		const entry = await queuedEntry();
		await fixture.registrations.remove(entry.node);
		await fixture.delivery.retry(entry);
		expect(await fixture.rows()).toEqual([]);
	});
});

test("no token, secret, node, JID or body reaches the log, whatever happens", async () => {
	const { registration, secret } = await fixture.register();
	const outcomes = [
		...[{ kind: "delivered" } as const, unwell, { kind: "gone", reason: "410", at: 1 } as const],
		...[{ kind: "rejected", reason: "400" } as const, { kind: "misconfigured", reason: "no key" } as const],
	];
	for (const outcome of outcomes) {
		fixture.service.program.push(outcome);
		await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH });
	}
	await fixture.delivery.publish({ node: registration.node, secret: "wrong", notification: HIGH });
	const foreign = await createKeyring("another key, of before SECRET_KEY was changed");
	const node = foreign.createNode();
	await fixture.delivery.publish({ node, secret: "secret", notification: HIGH });
	// The databases' own errors name what was asked of them.
	await fixture.outboxFile.client.execute("DROP TABLE outbox");
	fixture.service.program.push(unwell);
	await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH });
	for (const _ of [...fixture.service.calls]) await fixture.service.next();
	const held = fixture.delivery.publish({ node: registration.node, secret, notification: HIGH });
	const call = await fixture.service.next();
	await fixture.delivery.settle();
	call.answer(unwell);
	await held;
	fixture.service.program.push({ kind: "gone", reason: "410" });
	fixture.clock.now += 10;
	await fixture.shared.client.execute(
		"CREATE TRIGGER t BEFORE DELETE ON registrations BEGIN SELECT raise(abort, 'no'); END",
	);
	await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH });
	await fixture.shared.client.execute("DROP TABLE statistics");
	await fixture.results.flush();
	await fixture.shared.client.execute("DROP TABLE registrations");
	await fixture.delivery.publish({ node: registration.node, secret, notification: HIGH });
	const said = fixture.lines.join("\n");
	expect(fixture.lines.length).toBeGreaterThan(6);
	expect(said).toContain("no such table");
	for (const hidden of [TOKEN, secret, registration.node, OWNER, HIGH.body ?? "", node]) {
		expect(said).not.toContain(hidden);
	}
});
