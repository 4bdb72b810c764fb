/**
 * More publishes at once than may be on their way, as after a moment in which the process stood still: what is above
 * that is answered once it is on disk, goes out when there is room, and is not sent where a newer one of its lane was.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import type { OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";
import type { Answer } from "../../../src/types.ts";
import { type DeliveryFixture, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "./started-loop.ts";

/** On their way at once. */
const PLACES = 4;

let fixture: DeliveryFixture;
let loop: OutboxLoop;
/** How often the gate turned one away that came from the outbox. */
let turnedAway: number;

/** The clock stands still: what goes out does so because there is room, and not because time passed. */
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	const now = () => fixture.clock.now;
	turnedAway = 0;
	const gates = createGates({ now, random: () => 0.5, onRoom: (gate) => loop.room(gate) });
	fixture.delivery = fixture.compose({
		gates: {
			...gates,
			enter(name, limits, asking) {
				const turn = gates.enter(name, limits, asking);
				if (asking.isRetry && turn.kind === "later") turnedAway++;
				return turn;
			},
		},
		maxInFlight: PLACES,
		onQueued: (at, queue) => loop.wake(at, queue),
	});
	loop = startOutboxLoop(fixture.outbox, fixture.delivery.retry, fixture.log, now);
});
afterEach(async () => {
	for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
	await loop.stop();
	await fixture.close();
});

const publish = (node: string, count: number): Promise<Answer> =>
	fixture.delivery.push(node, { class: "high", count });

async function devices(count: number): Promise<string[]> {
	const names = Array.from({ length: count }, (_, i) => `device ${i}`);
	const registered = await Promise.all(names.map((name) => fixture.register(name)));
	const nodes = registered.map(({ registration }) => registration.node);
	// Delivered to before: others have not all the places.
	await fixture.registrations.record(
		nodes.map((node) => ({ node, at: fixture.clock.now })),
		[],
	);
	return nodes;
}

/** Resolves when so many were taken out of the outbox to be sent, and found no place either. */
async function allTurnedAway(count: number): Promise<void> {
	while (turnedAway < count) await Bun.sleep(1);
	// What follows from it is noted.
	await Bun.sleep(0);
}

test("what found no place goes out as soon as there is some, and no second later", async () => {
	const nodes = await devices(3 * PLACES);
	const answers = nodes.map((node, index) => publish(node, index + 1));
	expect(await Promise.all(answers.slice(PLACES))).toEqual(
		Array(2 * PLACES).fill(expect.objectContaining({ kind: "done", how: "queued" })),
	);
	await allTurnedAway(2 * PLACES);
	const sent: (number | undefined)[] = [];
	while (sent.length < nodes.length) {
		const call = await fixture.service.next();
		sent.push(call.notification.count);
		call.answer({ kind: "delivered" });
	}
	expect(sent.toSorted((a = 0, b = 0) => a - b)).toEqual(nodes.map((_, index) => index + 1));
	await loop.stop();
	expect(await fixture.rows()).toEqual([]);
});

test("what was answered and never sent was superseded: a newer one of its lane went out", async () => {
	const [first = "", ...others] = await devices(PLACES + 1);
	const answers = others.map((node, index) => publish(node, index + 1));
	expect(await publish(first, 100)).toMatchObject({ kind: "done", how: "queued" });
	expect(await fixture.rows()).toMatchObject([{ node: first, notification: { count: 100 } }]);
	await allTurnedAway(1);
	// One place, and a push service that is not well: the newer one has it at once.
	(await fixture.service.next()).answer({ kind: "retry", reason: "503" });
	await answers[0];
	const newer = publish(first, 101);
	while (fixture.service.calls.length <= PLACES) await Bun.sleep(1);
	const counts = () => fixture.service.calls.map(({ notification }) => notification.count);
	expect(counts()).toEqual([1, 2, 3, 4, 101]);
	fixture.service.calls.at(-1)?.answer({ kind: "delivered" });
	expect(await newer).toEqual({ kind: "done", how: "delivered" });
	for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
	await Promise.all(answers);
	await loop.stop();
	expect(counts()).not.toContain(100);
	expect(await fixture.rows()).toMatchObject([{ notification: { count: 1 } }]);
});
