/** A device that is gone is forgotten; one that was renewed meanwhile is not. Its server: matrix-replies.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openScene, type Scene, type ServerName, type Sleeper } from "./scene.ts";

/** Has the tests of one server run. */
export function testGone(program: ServerName): void {
	describe(`with a real ${program}`, () => {
		let scene: Scene;
		let gone: Sleeper;
		let renewed: Sleeper;

		beforeAll(async () => {
			scene = await openScene(program, { users: ["gone", "renewed"], settings: { PUSH_INTERVAL_MS: "0" } });
			[gone, renewed] = (await scene.sleepers("gone", "renewed")) as [Sleeper, Sleeper];
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		test("a dead subscription is forgotten", async () => {
			const { node, deviceSecret } = gone.address;
			const alice = await scene.login("alice");
			scene.endpoint.unsubscribe(gone.device.subscription.endpoint);
			await alice.sendMessage(gone.jid, "Are you there?");
			await scene.reveille.untilLogged("was removed");
			const answer = await scene.reveille.api("GET", `/registrations/${node}`, deviceSecret);
			expect(answer.status).toBe(410);
		}, 60_000);

		test("a renewal that races the 410 survives, and the push goes to the new subscription", async () => {
			const { node, deviceSecret } = renewed.address;
			const old = renewed.device.subscription.endpoint;
			const answer = Promise.withResolvers<void>();
			scene.endpoint.respondWith({ status: 410, endpoint: old, after: answer.promise });
			const alice = await scene.login("alice");
			await alice.sendMessage(renewed.jid, "Are you there?");
			await scene.endpoint.waitForPush((push) => push.endpoint === old);

			const key = await scene.reveille.vapidPublicKey();
			const device = scene.endpoint.createSubscription({ applicationServerKey: key });
			const renewal = await scene.reveille.api("PUT", `/registrations/${node}`, deviceSecret, {
				subscription: device.subscription,
			});
			expect(renewal.status).toBe(200);
			answer.resolve();

			const push = await scene.endpoint.waitForPush(
				(push) => push.endpoint === device.subscription.endpoint,
				20_000,
			);
			expect(JSON.parse(device.decryptText(push.body)).class).toBe("high");
			expect((await scene.reveille.api("GET", `/registrations/${node}`, deviceSecret)).status).toBe(200);
			expect(await scene.server.pushEnabled("renewed")).toHaveLength(1);
		}, 60_000);
	});
}
