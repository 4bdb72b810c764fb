/** What delivery tells the console's journal, and what it does with those who are barred. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { createJournal, type Journal } from "../../src/delivery/journal.ts";
import { type Bars, createBars } from "../../src/store/console/bars.ts";
import type { Happened } from "../../src/store/console/events.ts";
import { type DeliveryFixture, OWNER, openDeliveryFixture } from "./delivery-fixture.ts";

let fixture: DeliveryFixture;
let journal: Journal;
let bars: Bars;
let delivery: Delivery;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	const now = () => fixture.clock.now;
	journal = createJournal({ now });
	bars = createBars(fixture.shared.db, {
		endSome: async (who) => (await fixture.registrations.endOf(who)).length,
		now,
	});
	delivery = fixture.compose({ journal, isBarred: bars.isBarred });
});
afterEach(() => fixture.close());

const SERVER = "capulet.example";
const publish = (node: string, secret: string, publisher = SERVER) =>
	delivery.publish({ node, secret, publisher, notification: { class: "high" } });

function told(): Partial<Happened>[] {
	return journal.take().map(({ at: _, ...happened }) => happened);
}

test("a publish that worked is counted, and known with its way", async () => {
	const { registration, secret } = await fixture.register();
	fixture.service.program.push({ kind: "delivered" });
	await publish(registration.node, secret);
	expect(told()).toEqual([]);
	expect(journal.takeFigures()).toMatchObject({ publishes: 1, pushes: { webpush: { delivered: 1 } } });
	expect(journal.lastPublish(registration.node)).toMatchObject({
		class: "high",
		answer: { how: "delivered" },
	});
	expect(journal.lastPublish(registration.node)?.legs.map(({ name }) => name)).toEqual([
		"Publish",
		"Reveille",
		"Push service",
		"Answer",
	]);
});

test("a device that is gone is an event with its owner, and who said so", async () => {
	const { registration, secret } = await fixture.register();
	fixture.service.program.push({ kind: "delivered" }, { kind: "gone", reason: "HTTP 410" });
	await publish(registration.node, secret);
	fixture.clock.now += 1000;
	await publish(registration.node, secret);
	expect(told()).toEqual([
		{
			kind: "ended",
			node: registration.node,
			owner: OWNER,
			app: "webpush",
			reason: "HTTP 410",
			decider: "provider",
			decidedBy: "webpush",
			isStrangers: false,
		},
	]);
});

test("a push that is refused is told once an hour, one that fails once for its reason", async () => {
	const { registration, secret } = await fixture.register();
	for (let at = 0; at < 3; at++) {
		fixture.service.program.push(
			{ kind: "rejected", reason: "too large" },
			{ kind: "retry", reason: "HTTP 503" },
		);
		await publish(registration.node, secret);
		await publish(registration.node, secret);
	}
	expect(told().map(({ kind, reason, node }) => [kind, reason, node])).toEqual([
		["refused", "too large", registration.node],
		["failed", "HTTP 503", registration.node],
	]);
	expect(journal.takeFigures().pushes).toEqual({ webpush: { refused: 3, later: 3 } });
});

describe("a publish that knows nobody", () => {
	test("by its secret is told with the node that it is for, and no secret", async () => {
		const { registration } = await fixture.register();
		await publish(registration.node, "wrong");
		await delivery.publish({
			node: `${registration.node}.wrong`,
			publisher: SERVER,
			notification: { class: "high" },
		});
		await delivery.publish({
			node: `${registration.node}.se.cret`,
			publisher: SERVER,
			notification: { class: "high" },
		});
		await delivery.publish({ node: "x".repeat(5_000), publisher: SERVER, notification: { class: "high" } });
		const all = told();
		expect(all.map(({ kind, node, decidedBy }) => [kind, node, decidedBy])).toEqual([
			["wrong-secret", registration.node, SERVER],
			["wrong-secret", registration.node, SERVER],
			["wrong-secret", registration.node, SERVER],
			["wrong-secret", "x".repeat(64), SERVER],
		]);
		expect(all.every(({ isStrangers }) => isStrangers)).toBe(true);
		expect(journal.lastPublish(registration.node)).toBeUndefined();
	});

	test("by its node, which ended, is told as such", async () => {
		const { registration, secret } = await fixture.register();
		await fixture.registrations.remove(registration.node);
		expect((await publish(registration.node, secret)).kind).toBe("unknown");
		expect(told()).toMatchObject([
			{ kind: "wrong-node", node: registration.node, reason: "no such registration" },
		]);
	});

	test("by its domain is told too", async () => {
		const { registration, secret } = await fixture.register();
		await publish(registration.node, secret, "evil.example");
		expect(told()).toMatchObject([{ kind: "wrong-node", decidedBy: "evil.example" }]);
	});

	test("fills nothing, however often it comes", async () => {
		const { registration } = await fixture.register();
		for (let at = 0; at < 1_000; at++) await publish(registration.node, "wrong", `d${at % 3}.example`);
		expect(told()).toHaveLength(61);
	});

	test("fills no more by names under a domain", async () => {
		const { registration } = await fixture.register();
		for (let at = 0; at < 300; at++) await publish(registration.node, "wrong", `d${at}.evil.example`);
		expect(told()).toHaveLength(21);
	});
});

describe("a barred owner", () => {
	test("is answered as an unknown one: the registration is gone before that is said", async () => {
		const { registration, secret } = await fixture.register();
		await bars.add(SERVER, "floods");
		expect(await fixture.registrations.findAtPrimary(registration.node)).toBeUndefined();
		const unknown = await publish(fixture.keyring.createNode(), "wrong");
		expect((await publish(registration.node, secret)).kind).toBe(unknown.kind);
	});

	test("who registered at another process meanwhile is ended by the next publish", async () => {
		await bars.add(SERVER, "floods");
		const { registration, secret } = await fixture.register();
		expect(await publish(registration.node, secret)).toEqual({
			kind: "unknown",
			reason: "no such registration",
		});
		expect(await fixture.registrations.findAtPrimary(registration.node)).toBeUndefined();
		expect(fixture.service.calls).toHaveLength(0);
	});

	test("and served again by another process, keeps what was registered since", async () => {
		const elsewhere = createBars(fixture.shared.db, { endSome: async () => 0, now: () => fixture.clock.now });
		delivery = fixture.compose({ journal, isBarred: bars.isBarred, isStillBarred: bars.isStillBarred });
		await bars.add(SERVER, "floods");
		expect(await bars.isBarred(OWNER)).toBe(true);
		await elsewhere.lift(SERVER);
		const { registration, secret } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" });
		expect((await publish(registration.node, secret)).kind).toBe("done");
		expect(await fixture.registrations.findAtPrimary(registration.node)).toBeDefined();
		expect(bars.isBarred(OWNER)).toBe(false);
	});

	test("gets no further over HTTP, where nobody has a name: the domain's publishes are refused, and nothing ends", async () => {
		const { registration, secret } = await fixture.register();
		await fixture.shared.client.execute("UPDATE registrations SET owner = ''");
		fixture.service.program.push({ kind: "delivered" });
		expect((await publish(registration.node, secret)).kind).toBe("done");
		fixture.clock.now += 1000;
		await bars.add(SERVER, "floods");
		expect((await publish(registration.node, secret)).kind).toBe("unknown");
		expect(told()).toMatchObject([{ kind: "wrong-node", decidedBy: SERVER }]);
		expect(await fixture.registrations.findAtPrimary(registration.node)).toBeDefined();
		fixture.service.program.push({ kind: "delivered" });
		expect((await publish(registration.node, secret, "montague.example")).kind).toBe("done");
	});

	test("is answered with wait where nobody can say whether it still is", async () => {
		const { registration, secret } = await fixture.register();
		delivery = fixture.compose({
			journal,
			isBarred: () => true,
			isStillBarred: () => Promise.reject(new Error("away")),
		});
		expect((await publish(registration.node, secret)).kind).toBe("wait");
	});

	test("is not told to be gone where that cannot be done", async () => {
		const { registration, secret } = await fixture.register();
		await fixture.compose().settle();
		const broken = { ...fixture.registrations, remove: () => Promise.reject(new Error("away")) };
		delivery = fixture.compose({ registrations: broken, isBarred: () => true });
		expect((await publish(registration.node, secret)).kind).toBe("wait");
		const stays = { ...fixture.registrations, remove: async () => false };
		delivery = fixture.compose({ registrations: stays, isBarred: async () => true });
		expect((await publish(registration.node, secret)).kind).toBe("wait");
	});

	test("who is served again is pushed to", async () => {
		await bars.add(SERVER, "floods");
		await bars.lift(SERVER);
		const { registration, secret } = await fixture.register();
		fixture.service.program.push({ kind: "delivered" });
		expect((await publish(registration.node, secret)).kind).toBe("done");
	});
});
