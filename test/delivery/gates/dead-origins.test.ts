/** Twelve thousand hosts that strangers chose and nobody answers at: what others are owed goes out in time. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import type { OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";
import type { Outbox } from "../../../src/store/local/outbox.ts";
import type { PushService, Registration } from "../../../src/types.ts";
import { type DeliveryFixture, FakeService, HIGH, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";

const ORIGINS = 12_000;
const MAX_IN_FLIGHT = 32;

let fixture: DeliveryFixture;
let loop: OutboxLoop;
let strangers: FakeService & Pick<PushService, "originOf">;
let fcm: FakeService;
/** Queues whose entries were read, in turn. */
let read: (string | undefined)[];
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	strangers = Object.assign(new FakeService(), {
		originOf: ({ token }: { token: string }) => ({ origin: new URL(token).origin, isProvider: false }),
	});
	fcm = new FakeService();
	read = [];
});
afterEach(async () => {
	for (const call of strangers.calls) call.answer({ kind: "retry", reason: "no answer in time" });
	await loop.stop();
	await fixture.close();
});

const now = () => fixture.clock.now;

/** As if each of these nodes had been registered: `party number`, at a host of its own. */
function made(node: string): Registration | undefined {
	const [party, number] = node.split(" ");
	if (number === undefined) return undefined;
	const token = `https://${number}.${party}/`;
	return { node, app: "web", device: node, token, owner: `mallory@${party}`, registeredAt: 0, renewedAt: 0 };
}

/** Delivery with real gates, and its loop. */
function start() {
	const { registrations } = fixture;
	const outbox: Outbox = {
		...fixture.outbox,
		due(queue, ...rest) {
			read.push(queue);
			return fixture.outbox.due(queue, ...rest);
		},
	};
	const delivery = fixture.compose({
		outbox,
		registrations: {
			...registrations,
			find: async (node) => made(node) ?? registrations.find(node),
			findAtPrimary: async (node) => made(node) ?? registrations.findAtPrimary(node),
			forget: async () => true,
		},
		services: new Map([
			["web", strangers],
			["fcm", fcm],
		]),
		apps: [
			{ name: "web", service: "webpush" },
			{ name: "fcm", service: "fcm" },
		],
		gates: createGates({ now, random: () => 0.5, onRoom: (gate) => loop.room(gate) }),
		maxInFlight: MAX_IN_FLIGHT,
		onQueued: (at, queue) => loop.wake(at, queue),
	});
	loop = startOutboxLoop(outbox, delivery.retry, fixture.log, now);
	return delivery;
}

/** Entries that are due, of hosts that hang. */
async function leave(
	parties: readonly string[],
	queueOf: (node: string, party: string) => string | undefined,
	origins = ORIGINS,
) {
	const nodes = Array.from({ length: origins }, (_, n) => `${parties[n % parties.length]} d${n}`);
	for (let from = 0; from < origins; from += 1_000) {
		const entries = nodes.slice(from, from + 1_000).map((node, index) => {
			const gate = queueOf(node, parties[(from + index) % parties.length] ?? "");
			return {
				node,
				class: "high" as const,
				version: fixture.outbox.nextVersion(),
				notification: HIGH,
				attempts: 1,
				dueAt: now(),
				expiresAt: now() + 3_600_000,
				...(gate !== undefined && { gate }),
			};
		});
		await fixture.outbox.put(...entries);
	}
}

const some = (count: number) => Array.from({ length: count }, (_, n) => `party${n}.example`);

test.each([
	["one party", some(1), 8],
	["ten parties", some(10), 24],
] as const)(
	"left by %s: a provider's retry is the next thing that is read, and the hosts have their places and no more",
	async (_, parties, hanging) => {
		await leave(parties, (node, party) => `~${party} web https://${node.split(" ")[1]}.${party}`);
		const delivery = start();
		while (strangers.calls.length < hanging) await new Promise((resolve) => setTimeout(resolve));
		const { registration } = await fixture.register("phone");
		await fixture.registrations.registerInBatch(
			{ owner: "romeo@example.net", app: "fcm", device: "phone", token: "token" },
			"fcm-node",
		);
		expect(registration.app).toBe("webpush");
		fcm.program.push({ kind: "retry", reason: "503" }, { kind: "delivered" });
		expect(await delivery.push("fcm-node", HIGH)).toMatchObject({ how: "queued" });
		await fcm.next();
		fixture.clock.now += 5_000;
		const before = read.length;
		loop.wake(now(), "fcm new");
		await fcm.next();
		const readBefore = read.slice(before);
		expect(readBefore.indexOf("fcm new")).toBeLessThanOrEqual(1);
		// Whatever hangs: no more than the places of strangers that were never delivered to, and of each party.
		expect(strangers.calls.length).toBe(hanging);
	},
	60_000,
);

test("left where nobody knows their gates yet: they go to queues of their own before one is tried", async () => {
	await leave(some(10), () => undefined, 2_000);
	const { registrations } = fixture;
	await registrations.registerInBatch(
		{ owner: "romeo@example.net", app: "fcm", device: "phone", token: "token" },
		"fcm-node",
	);
	await fixture.outbox.put({
		node: "fcm-node",
		class: "high",
		version: fixture.outbox.nextVersion(),
		notification: HIGH,
		attempts: 1,
		dueAt: now(),
		expiresAt: now() + 3_600_000,
	});
	start();
	// It came last, and no host's silence stands before it: each of the others is only moved.
	(await fcm.next()).answer({ kind: "delivered" });
	const moved = (await fixture.rows()).filter(({ gate }) => gate !== undefined);
	expect(moved.length).toBeGreaterThan(1_000 - 24);
	expect(moved.every(({ gate = "" }) => gate.startsWith("~party"))).toBe(true);
}, 120_000);
