/** Tokens that are URLs: a client chooses where they lead, and harms nobody by it, at a browser's maker neither. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Delivery, DeliveryDeps } from "../../../src/delivery/delivery.ts";
import { createGates, type Gates } from "../../../src/delivery/gates/gates.ts";
import { createWns } from "../../../src/services/wns/wns.ts";
import type { Answer, PushService } from "../../../src/types.ts";
import { type DeliveryFixture, FakeService, HIGH, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const MAX_IN_FLIGHT = 32;

let fixture: DeliveryFixture;
let gates: Gates;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	gates = createGates({ now: () => fixture.clock.now, random: () => 0.5 });
});
afterEach(() => fixture.close());

const compose = (services: Record<string, PushService>, changes: Partial<DeliveryDeps> = {}): Delivery =>
	fixture.compose({
		gates,
		maxInFlight: MAX_IN_FLIGHT,
		...changes,
		apps: Object.entries(services).map(([name, { name: service }]) => ({ name, service })),
		services: new Map(Object.entries(services)),
	});

async function register(app: string, token: string): Promise<string> {
	const wanted = { owner: "", app, device: token, token };
	const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	return result.registration.node;
}

/** One whose tokens are URLs; at a browser's maker or at strangers'. */
class UrlService extends FakeService {
	isProvider = true;
	originOf = ({ token }: { token: string }) => ({
		origin: new URL(token).origin,
		isProvider: this.isProvider,
	});
}

test("channels at hosts of Microsoft's that are not there shut nobody else out", async () => {
	const wns = createWns({
		credentials: { kind: "sid", packageSid: "ms-app://s-1", clientSecret: "secret" },
		type: "raw",
		policy: { allowPrivate: false },
		alert: { text: "New message" },
		now: Date.now,
		async fetch(url) {
			if (url.startsWith("https://login.live.com/")) return Response.json({ access_token: "bearer" });
			if (url.startsWith("https://nowhere")) throw new TypeError("no such host");
			return new Response(null, { headers: { "x-wns-status": "received" } });
		},
	});
	const delivery = compose({ wns });
	for (let device = 0; device < 20; device++) {
		const node = await register("wns", `https://nowhere.notify.windows.com/?token=${device}`);
		expect(await delivery.push(node, HIGH)).toMatchObject({ how: "queued" });
	}
	const real = await register("wns", "https://db3.notify.windows.com/?token=real");
	expect(await delivery.push(real, HIGH)).toEqual(DELIVERED);
});

test("forty hosts of a browser's maker that hang take less than twice what one app may, and none from those that work", async () => {
	const web = new UrlService();
	const delivery = compose({ web });
	const works = await register("web", "https://updates.example/1");
	web.program.push({ kind: "delivered" });
	expect(await delivery.push(works, HIGH)).toEqual(DELIVERED);
	const pushes: Promise<Answer>[] = [];
	for (let host = 0; host < 40; host++)
		for (let device = 0; device < 3; device++)
			pushes.push(delivery.push(await register("web", `https://n${host}.example/${device}`), HIGH));
	// Nothing was delivered to any of them: the last quarter is for others.
	const hanging = 1.5 * MAX_IN_FLIGHT;
	const early = await Promise.all(pushes.slice(hanging));
	expect(new Set(early.map((answer) => answer.kind === "done" && answer.how))).toEqual(new Set(["queued"]));
	expect(web.calls).toHaveLength(1 + hanging);
	web.program.push({ kind: "delivered" });
	expect(await delivery.push(works, HIGH)).toEqual(DELIVERED);
	for (const call of web.calls) call.answer({ kind: "delivered" });
	await Promise.all(pushes);
});

test("strangers that hang, whose devices were delivered to before and of which half answered well before, leave the outbox places for others", async () => {
	const strangers = new UrlService();
	strangers.isProvider = false;
	const app = new FakeService();
	const delivery = compose({ strangers, app }, { onQueued: (at, queue) => loop.wake(at, queue) });
	for (let host = 0; host < 20; host++) {
		for (let device = 0; device < 8; device++) {
			const node = await register("strangers", `https://n${host}.example/${device}`);
			await fixture.registrations.record([{ node, at: fixture.clock.now }], []);
			if (device === 0 && host % 2 === 0) {
				strangers.program.push({ kind: "delivered" });
				await delivery.push(node, HIGH);
			}
			await fixture.outbox.put({
				node,
				class: "high",
				version: fixture.outbox.nextVersion(),
				notification: HIGH,
				attempts: 1,
				dueAt: fixture.clock.now,
				expiresAt: fixture.clock.now + 60_000,
				gate: `strangers https://n${host}.example`,
			});
		}
	}
	const loop = startOutboxLoop(fixture.outbox, delivery.retry, fixture.log, () => fixture.clock.now);
	const hanging = 10 + 2 * MAX_IN_FLIGHT;
	while (strangers.calls.length < hanging) await new Promise((resolve) => setTimeout(resolve));
	const node = await register("app", "token");
	await fixture.outbox.put({
		node,
		class: "high",
		version: fixture.outbox.nextVersion(),
		notification: HIGH,
		attempts: 1,
		dueAt: fixture.clock.now,
		expiresAt: fixture.clock.now + 60_000,
		gate: "app",
	});
	loop.wake(fixture.clock.now, "app");
	await app.next().then((call) => call.answer({ kind: "delivered" }));
	expect(strangers.calls).toHaveLength(hanging);
	const stopping = loop.stop();
	for (const call of strangers.calls) call.answer({ kind: "delivered" });
	await stopping;
});
