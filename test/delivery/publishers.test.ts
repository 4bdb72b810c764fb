/** Who may publish to a registration whose owner is known: nobody gets past it, and nobody loses a push by who tried. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Admission } from "../../src/delivery/admission.ts";
import type { Delivery } from "../../src/delivery/delivery.ts";
import type { Answer } from "../../src/types.ts";
import { away, type DeliveryFixture, HIGH, openDeliveryFixture, TOKEN } from "./delivery-fixture.ts";

const OWN = "capulet.example";
const FOREVER = 3_600_000;

let fixture: DeliveryFixture;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
});
afterEach(() => fixture.close());

/** In the order of the publishes: the secret has been checked. */
const admit: Admission = async ({ node }) => ({ node });

/** A device, and how a domain publishes to it. */
async function phone(delivery = fixture.delivery) {
	const { registration, secret } = await fixture.register();
	const publish = (publisher: string, count: number): Promise<Answer> =>
		delivery.publish({ node: registration.node, secret, publisher, notification: { class: "high", count } });
	return { node: registration.node, publish };
}

/** Once something was held back, it is on disk. */
async function settled(delivery: Delivery) {
	while ((await fixture.rows()).length === 0) {
		await new Promise((resolve) => setTimeout(resolve));
		await delivery.settle();
	}
}

/** Once so many are on disk. */
async function settledTo(delivery: Delivery, count: number) {
	do {
		await new Promise((resolve) => setTimeout(resolve));
		await delivery.settle();
	} while ((await fixture.rows()).length < count);
}

const retryAll = async (delivery = fixture.delivery) => {
	for (const entry of await fixture.rows()) await delivery.retry(entry);
};

test("one that was put on disk before anybody looked is looked at when it is tried", async () => {
	const delivery = fixture.compose({ pushIntervalMs: FOREVER });
	const { publish } = await phone(delivery);
	fixture.service.program.push({ kind: "delivered" });
	await publish(OWN, 1);
	const held = publish("elsewhere.example", 2);
	await settled(delivery);
	expect(await held).toEqual({ kind: "done", how: "queued" });
	await retryAll();
	expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([1]);
	expect(await fixture.rows()).toEqual([]);
});

test("one from elsewhere that is put on disk before anybody looked does not take the place of what is owed", async () => {
	const delivery = fixture.compose({ pushIntervalMs: FOREVER });
	const { publish } = await phone(delivery);
	fixture.service.program.push({ kind: "retry", reason: "503" });
	await publish(OWN, 1);
	const held = publish("elsewhere.example", 2);
	while ((await fixture.rows()).length < 2) {
		await new Promise((resolve) => setTimeout(resolve));
		await delivery.settle();
	}
	expect(await held).toEqual({ kind: "done", how: "queued" });
	fixture.service.program.push({ kind: "delivered" });
	await retryAll(delivery);
	expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([1, 1]);
	expect(await fixture.rows()).toEqual([]);
});

test("while nobody can be looked up, what domains left on disk stays beside each other's", async () => {
	const registrations = away(fixture.registrations, "find");
	const delivery = fixture.compose({ registrations, pushIntervalMs: FOREVER, admit });
	const { publish } = await phone(delivery);
	expect(await publish(OWN, 0)).toMatchObject({ kind: "wait" });
	for (const [index, domain] of ["elsewhere.example", OWN, "another.example", OWN].entries()) {
		const held = publish(domain, 1 + index);
		await settledTo(delivery, Math.min(index + 1, 3));
		expect(await held).toEqual({ kind: "done", how: "queued" });
	}
	const kept = (await fixture.rows()).map(({ notification, publisher }) => [notification.count, publisher]);
	expect(kept.sort()).toEqual([
		[1, "elsewhere.example"],
		[3, "another.example"],
		[4, OWN],
	]);
	fixture.service.program.push({ kind: "delivered" });
	await retryAll();
	expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([4]);
	expect(await fixture.rows()).toEqual([]);
});

test("one that was looked at is not looked at again", async () => {
	const { publish } = await phone();
	fixture.service.program.push({ kind: "retry", reason: "503" }, { kind: "delivered" });
	await publish(OWN, 1);
	expect((await fixture.rows()).map(({ publisher }) => publisher)).toEqual([undefined]);
	await retryAll();
	expect(fixture.service.calls).toHaveLength(2);
});

test("one from elsewhere does not take the place of one that is held back, nor its answer", async () => {
	const delivery = fixture.compose({ pushIntervalMs: FOREVER, admit });
	const { publish } = await phone(delivery);
	fixture.service.program.push({ kind: "delivered" });
	await publish(OWN, 1);
	const held = publish(OWN, 2);
	expect(await publish("elsewhere.example", 3)).toMatchObject({ kind: "unknown" });
	await settled(delivery);
	expect(await held).toEqual({ kind: "done", how: "queued" });
	expect((await fixture.rows()).map(({ notification }) => notification.count)).toEqual([2]);
});

test("one from elsewhere that is held back gives way to the owner's", async () => {
	const delivery = fixture.compose({ pushIntervalMs: FOREVER, admit });
	const { publish } = await phone(delivery);
	fixture.service.program.push({ kind: "delivered" });
	await publish(OWN, 1);
	const foreign = publish("elsewhere.example", 2);
	const own = publish(OWN, 3);
	await settled(delivery);
	expect(await own).toEqual({ kind: "done", how: "queued" });
	expect(await foreign).toEqual({ kind: "done", how: "superseded" });
	expect(
		(await fixture.rows()).map(({ notification, publisher }) => [notification.count, publisher]),
	).toEqual([[3, undefined]]);
});

test("while nobody can be looked up, one from another domain waits outside", async () => {
	const registrations = away(fixture.registrations, "find");
	const delivery = fixture.compose({ registrations, pushIntervalMs: FOREVER, admit });
	const { node, publish } = await phone(delivery);
	const first = delivery.push(node, { class: "high" });
	const held = publish(OWN, 1);
	const foreign = await publish("elsewhere.example", 2);
	expect(foreign).toMatchObject({ kind: "wait" });
	await first;
	await settled(delivery);
	expect(await held).toEqual({ kind: "done", how: "queued" });
	expect(
		(await fixture.rows()).map(({ notification, publisher }) => [notification.count, publisher]),
	).toEqual([[1, OWN]]);
});

test.each([
	["is held back still", false],
	["was put on disk meanwhile", true],
])(
	"an older one that is being looked at does not take the place of a newer one, which %s",
	async (_, isSettled) => {
		const asked: PromiseWithResolvers<void>[] = [];
		let isSlow = false;
		const delivery = fixture.compose({
			pushIntervalMs: FOREVER,
			admit,
			registrations: {
				...fixture.registrations,
				async find(node) {
					if (isSlow) {
						asked.push(Promise.withResolvers());
						await asked.at(-1)?.promise;
					}
					return fixture.registrations.find(node);
				},
			},
		});
		const { node, publish } = await phone(delivery);
		fixture.service.program.push({ kind: "delivered" });
		await delivery.push(node, HIGH);
		const count = (number: number) => ({ class: "high", count: number }) as const;
		const held = delivery.push(node, count(1));
		isSlow = true;
		const older = publish(OWN, 2);
		while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve));
		const newer = delivery.push(node, count(3));
		isSlow = false;
		if (isSettled) await delivery.settle();
		for (const { resolve } of asked) resolve();
		await settled(delivery);
		expect(await Promise.all([held, newer])).toEqual([
			{ kind: "done", how: "superseded" },
			{ kind: "done", how: "queued" },
		]);
		expect(await older).toEqual({ kind: "done", how: "superseded" });
		expect((await fixture.rows()).map(({ notification }) => notification.count)).toEqual([3]);
	},
);

test("an older one that is being looked at is answered as the newer one is, where that could not be kept", async () => {
	const [looking, looked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	let isSlow = false;
	const outbox = away(fixture.outbox, "put");
	const delivery = fixture.compose({
		pushIntervalMs: FOREVER,
		admit,
		outbox,
		registrations: {
			...fixture.registrations,
			async find(node) {
				if (isSlow) {
					looking.resolve();
					await looked.promise;
				}
				return fixture.registrations.find(node);
			},
		},
	});
	const { node, publish } = await phone(delivery);
	fixture.service.program.push({ kind: "delivered" });
	await delivery.push(node, HIGH);
	const held = delivery.push(node, HIGH);
	isSlow = true;
	const older = publish(OWN, 2);
	await looking.promise;
	const newer = delivery.push(node, HIGH);
	await delivery.settle();
	expect(await Promise.all([held, newer])).toMatchObject([{ kind: "wait" }, { kind: "wait" }]);
	looked.resolve();
	expect(await older).toMatchObject({ kind: "wait" });
});

test("who may publish is not told that nobody is there, where a newer one of who may not came while it was looked", async () => {
	const [looking, looked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	let isSlow = false;
	const delivery = fixture.compose({
		pushIntervalMs: 50,
		admit,
		registrations: {
			...fixture.registrations,
			async find(node) {
				if (isSlow) {
					looking.resolve();
					await looked.promise;
				}
				return fixture.registrations.find(node);
			},
		},
	});
	const { node, publish } = await phone(delivery);
	for (let i = 0; i < 3; i++) fixture.service.program.push({ kind: "delivered" });
	await delivery.push(node, HIGH);
	const held = delivery.push(node, HIGH);
	isSlow = true;
	const older = publish(OWN, 2);
	await looking.promise;
	await delivery.settle();
	await held;
	const foreign = publish("elsewhere.example", 3);
	await new Promise((resolve) => setTimeout(resolve));
	isSlow = false;
	looked.resolve();
	expect(await foreign).toMatchObject({ kind: "unknown" });
	expect(await older).toMatchObject({ kind: "done" });
});

test("the domain of a room publishes of its messages, beside the owner's, and no other one does", async () => {
	const wanted = { owner: "juliet@capulet.example", app: "webpush", device: "phone", token: TOKEN };
	const muc = "garden@rooms.montague.example";
	const result = await fixture.registrations.register({ ...wanted, muc }, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	const { node } = result.registration;
	const secret = await fixture.keyring.secretOf(node);
	const publish = (publisher: string) =>
		fixture.delivery.publish({ node, secret, publisher, notification: HIGH });
	fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
	for (const publisher of ["rooms.montague.example", OWN])
		expect(await publish(publisher)).toEqual({ kind: "done", how: "delivered" });
	for (const publisher of ["montague.example", "elsewhere.example"])
		expect(await publish(publisher)).toMatchObject({ kind: "unknown" });
});
