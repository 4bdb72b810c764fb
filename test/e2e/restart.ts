/** Both ends may go away: the connector comes back, and what was promised is kept. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startReveille } from "../peers/reveille.ts";
import { openScene, type Scene, type ServerName, type Sleeper } from "./scene.ts";

/** Has the tests of one server run. */
export function testRestarts(program: ServerName): void {
	describe(`with a real ${program}`, () => {
		let scene: Scene;
		let bob: Sleeper;

		beforeAll(async () => {
			scene = await openScene(program, { settings: { PUSH_INTERVAL_MS: "0" } });
			[bob] = (await scene.sleepers("bob")) as [Sleeper];
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		const message = async (text: string) => (await scene.login("alice")).sendMessage(bob.jid, text);

		test("the connector comes back after the server is restarted, and the next message is pushed", async () => {
			await scene.server.restart();
			await scene.reveille.untilReady();
			await message("after the restart");
			await scene.endpoint.waitForPush();
			expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
		}, 60_000);

		test("and after the server crashed", async () => {
			await scene.server.restart({ graceful: false });
			await scene.reveille.untilReady();
			await message("after the crash");
			await scene.endpoint.waitForPush();
			expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
		}, 60_000);

		test("a push that its service refuses for now survives SIGKILL", async () => {
			const normally = scene.endpoint.respondWith({ status: 503 });
			await message("not now");
			await scene.endpoint.waitForPush();
			await scene.reveille.untilLogged("a push waits");
			await scene.reveille.kill9();
			normally();
			await scene.reveille.start();
			const push = await scene.endpoint.waitForPush(undefined, 30_000);
			expect(scene.read(push, bob).class).toBe("high");
		}, 60_000);

		test("what is published between a planned stop and the next start is pushed", async () => {
			await scene.reveille.halt();
			await message("while we were away");
			await scene.reveille.start();
			await scene.endpoint.waitForPush();
			expect(scene.reveille.log()).toContain("the stream was resumed");
			expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
		}, 60_000);

		test("a publish that waits for its push service when the process is killed is pushed by the next", async () => {
			const answer = Promise.withResolvers<void>();
			const normally = scene.endpoint.respondWith({ status: 201, after: answer.promise });
			await message("in hand");
			await scene.endpoint.waitForPush();
			await scene.reveille.kill9();
			normally();
			answer.resolve();
			await scene.reveille.start();
			// The server sends again what was not answered; the first push may have arrived, and is not counted on.
			await scene.endpoint.waitForPush();
		}, 60_000);

		test("a second connector that is told to takes the account over, and the first leaves it alone and says so", async () => {
			const second = await startReveille({
				server: scene.server,
				settings: { XMPP_TAKE_ADDRESS: "true" },
			});
			try {
				await scene.reveille.untilLogged("so that they do not fight");
				const status = await fetch(`${scene.reveille.url}/ready`);
				expect(status.status).toBe(503);
				expect(await status.text()).toContain("taken over by another session");
				expect((await fetch(`${second.url}/ready`)).ok).toBe(true);
			} finally {
				await second.stop();
			}
		}, 60_000);
	});
}
