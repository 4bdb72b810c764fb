/** A connection's window fills up while pushes that found no place are being put on disk: they keep their time. */
import { afterEach, expect, test } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import type { OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";
import { type DeliveryFixture, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";

/** On their way at once. */
const PLACES = 4;

let fixture: DeliveryFixture;
let loop: OutboxLoop;
afterEach(async () => {
	for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
	await loop.stop();
	await fixture.close();
});

test("a push that is just being put on disk when all on their way are goes out when there is room, and not with the deadline of those", async () => {
	fixture = await openDeliveryFixture();
	// It stands still: nothing goes out because time passed.
	const now = () => fixture.clock.now;
	let puts = 0;
	let settling: Promise<void> | undefined;
	const delivery = fixture.compose({
		outbox: {
			...fixture.outbox,
			put(...entries) {
				const written = fixture.outbox.put(...entries);
				if (++puts === 1) settling = delivery.settle();
				return written;
			},
		},
		gates: createGates({ now, random: () => 0.5, onRoom: (gate) => loop.room(gate) }),
		maxInFlight: PLACES,
		onQueued: (at, queue) => loop.wake(at, queue),
	});
	loop = startOutboxLoop(fixture.outbox, delivery.retry, fixture.log, now);
	const devices = Array.from({ length: 2 * PLACES }, (_, i) => `device ${i}`);
	const registered = await Promise.all(devices.map((device) => fixture.register(device)));
	const answers = registered.map(({ registration }) => delivery.push(registration.node, { class: "high" }));
	// Those that are on their way to the push service are on disk as well.
	expect(await Promise.all(answers)).toEqual(
		devices.map(() => expect.objectContaining({ kind: "done", how: "queued" })),
	);
	await settling;
	for (let sent = 0; sent < devices.length; sent++) {
		(await fixture.service.next()).answer({ kind: "delivered" });
	}
	await loop.stop();
	expect(await fixture.rows()).toEqual([]);
});
