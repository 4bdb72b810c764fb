/** The line for a push that was delivered: who, by which app, and how long it took; without debug it costs nothing. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { deliveredLines } from "../../src/delivery/delivered-lines.ts";
import { ownerFormOf } from "../../src/messages/whom.ts";
import { type DeliveryFixture, OWNER, openDeliveryFixture, readableLog, TOKEN } from "./delivery-fixture.ts";

let fixture: DeliveryFixture;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
});
afterEach(() => fixture.close());

const ownerForm = ownerFormOf("short", () => "k3Jd9abcdef");

test("names node, owner and app in short, and both times", async () => {
	const { log, lines } = readableLog();
	const delivery = fixture.compose({ onDelivered: deliveredLines(log, ownerForm) });
	const { registration, secret } = await fixture.register();
	const { node } = registration;
	const answer = delivery.publish({ node, secret, notification: { class: "high" } });
	const call = await fixture.service.next();
	fixture.clock.now += 120;
	call.answer({ kind: "delivered" });
	await answer;
	expect(lines.length).toBe(1);
	const [line = ""] = lines;
	expect(line).toStartWith(
		"debug {app}: a push to {node} of {owner} was delivered {ms} ms after its publish",
	);
	const values = JSON.parse(line.slice(line.indexOf(' {"')));
	expect(values).toEqual({
		app: "webpush",
		node: node.slice(0, 8),
		owner: "capulet.example#k3Jd9a",
		ms: 120,
		serviceMs: 120,
	});
	for (const secret of [node, OWNER, TOKEN]) expect(line).not.toContain(secret);
});

test("is written once for each push, and not for one that failed", async () => {
	const { log, lines } = readableLog();
	const delivery = fixture.compose({ onDelivered: deliveredLines(log, ownerForm) });
	const { registration, secret } = await fixture.register();
	fixture.service.program.push(
		{ kind: "delivered" },
		{ kind: "retry", reason: "503" },
		{ kind: "delivered" },
	);
	for (let sent = 0; sent < 3; sent++)
		await delivery.publish({ node: registration.node, secret, notification: { class: "voip" } });
	expect(lines.length).toBe(2);
});

test("of what came from the outbox says that nobody knows when it was published", () => {
	const { log, lines } = readableLog();
	deliveredLines(
		log,
		ownerForm,
	)({
		registration: { app: "apns", node: "abcdefghijkl", owner: "" } as never,
		ms: undefined,
		serviceMs: 7,
	});
	expect(lines[0]).toContain("was delivered from the outbox");
	expect(lines[0]).toContain('"owner":"somebody over HTTP"');
	expect(lines[0]).not.toContain("abcdefghi");
});

test("with LOG_OWNERS=whole names the owner whole", () => {
	const { log, lines } = readableLog();
	const whole = ownerFormOf("whole", () => "");
	deliveredLines(
		log,
		whole,
	)({
		registration: { app: "apns", node: "abcdefghijkl", owner: OWNER } as never,
		ms: 1,
		serviceMs: 1,
	});
	expect(lines[0]).toContain(OWNER);
});
