/** Push 2.0's messages to registrations of ours, through delivery: nobody hears the answer, so nothing may be lost. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { PublishRequest } from "../../src/delivery/admission.ts";
import { deliveryBounds } from "../../src/limits/bounds/delivery.ts";
import { away, type DeliveryFixture, openDeliveryFixture } from "./delivery-fixture.ts";

let fixture: DeliveryFixture;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
});
afterEach(() => fixture.close());

const payload = (n = 0) => new Uint8Array(4096).fill(n).toBase64();

async function registered(): Promise<(n?: number, changes?: Partial<PublishRequest>) => PublishRequest> {
	const { registration, secret } = await fixture.register();
	return (n, changes) => ({
		node: registration.node,
		secret,
		publisher: "capulet.example",
		unanswered: "component",
		notification: { class: "high", rfc8291: payload(n) },
		...changes,
	});
}

test("its content reaches the push service as it came", async () => {
	const message = await registered();
	fixture.service.program.push({ kind: "delivered" });
	expect(await fixture.delivery.publish(message())).toMatchObject({ kind: "done", how: "delivered" });
	expect(fixture.service.calls[0]?.notification).toEqual({ class: "high", rfc8291: payload() });
});

test("what fails for now waits with its content, the largest there is too", async () => {
	const message = await registered();
	fixture.service.program.push({ kind: "retry", reason: "503" }, { kind: "delivered" });
	await fixture.delivery.publish(message(7));
	const [entry] = await fixture.rows();
	expect(entry?.notification.rfc8291).toBe(payload(7));
	if (!entry) throw new Error("nothing in the outbox");
	await fixture.delivery.retry(entry);
	expect(fixture.service.calls[1]?.notification.rfc8291).toBe(payload(7));
	expect(await fixture.rows()).toEqual([]);
});

/** All on disk, whenever it has been admitted. */
async function settled(answers: readonly Promise<unknown>[]): Promise<void> {
	let isOver = false;
	const over = Promise.all(answers).then(() => {
		isOver = true;
	});
	while (!isOver) {
		await fixture.delivery.settle();
		await new Promise((resolve) => setImmediate(resolve));
	}
	await over;
}

test("one does not supersede another, and each registration leaves no more than are kept of it", async () => {
	const message = await registered();
	for (let n = 0; n < 60; n++) fixture.service.program.push({ kind: "retry", reason: "503" });
	const kept = async () => (await fixture.rows()).map(({ notification }) => notification.rfc8291);
	await settled(Array.from({ length: 12 }, (_, n) => fixture.delivery.publish(message(n))));
	expect(new Set(await kept())).toEqual(new Set(Array.from({ length: 12 }, (_, n) => payload(n))));
	await settled(Array.from({ length: 100 }, (_, n) => fixture.delivery.publish(message(100 + n))));
	// Those that were looked up, and those that its domain published since.
	expect((await kept()).length).toBeLessThanOrEqual(2 * deliveryBounds.ownTextsKept.is);
	expect(await kept()).toContain(payload(199));
});

test("only its owner's server may send it (XMPP_PUBLISHERS), with the right secret", async () => {
	const message = await registered();
	expect(await fixture.delivery.publish(message(1, { publisher: "elsewhere.example" }))).toMatchObject({
		kind: "unknown",
	});
	expect(await fixture.delivery.publish(message(1, { secret: "A".repeat(43) }))).toMatchObject({
		kind: "unknown",
	});
	expect(fixture.service.calls).toEqual([]);
});

test("while the database is away it is kept, and goes out when that is back; a publish is answered with wait", async () => {
	const message = await registered();
	const gone = fixture.compose({ registrations: away(fixture.registrations) });
	expect(await gone.publish(message(1, { unanswered: undefined as never }))).toMatchObject({
		kind: "wait",
	});
	expect(await fixture.rows()).toEqual([]);
	expect(await gone.publish(message(2))).toMatchObject({ kind: "done", how: "queued" });
	const [entry] = await fixture.rows();
	expect(entry).toMatchObject({ publisher: "capulet.example", notification: { rfc8291: payload(2) } });
	fixture.service.program.push({ kind: "delivered" });
	if (entry) await fixture.delivery.retry(entry);
	expect(fixture.service.calls[0]?.notification.rfc8291).toBe(payload(2));
	expect(await fixture.rows()).toEqual([]);
});

test("what its push service does not answer within a moment is on disk meanwhile, and is not once it is delivered", async () => {
	const message = await registered();
	const publishing = fixture.delivery.publish(message(3));
	const call = await fixture.service.next();
	expect(await fixture.rows()).toEqual([]);
	while ((await fixture.rows()).length === 0) await Bun.sleep(10);
	expect((await fixture.rows())[0]?.notification.rfc8291).toBe(payload(3));
	call.answer({ kind: "delivered" });
	expect(await publishing).toMatchObject({ kind: "done", how: "delivered" });
	expect(await fixture.rows()).toEqual([]);
});

test("what its pace holds back is on disk meanwhile, and goes out once", async () => {
	const message = await registered();
	for (let n = 0; n < 8; n++) fixture.service.program.push({ kind: "delivered" });
	const publishing = Array.from({ length: 8 }, (_, n) => fixture.delivery.publish(message(n)));
	while ((await fixture.rows()).length === 0) await Bun.sleep(10);
	await Promise.all(publishing);
	expect(fixture.service.calls).toHaveLength(8);
	expect(await fixture.rows()).toEqual([]);
});
