/** Being away costs nobody a registration: the connector is killed, messages come, another process takes over. */
import { expect, test } from "bun:test";
import { names, openScene, type ServerName, writeToAll } from "./scene.ts";

/** How long the connector stays away, ms: what the story is about, not a wait for something. */
const AWAY_MS = 20_000;

/** Has the test of one server run. */
export function testAbsence(program: ServerName): void {
	test(`with a real ${program}, killed, ten messages to ten users, started 20 s later: ten pushes, and nobody lost push`, async () => {
		await using ends = new AsyncDisposableStack();
		const users = names(10);
		const scene = await openScene(program, { users });
		ends.defer(scene.stop);
		const sleepers = await scene.sleepers(...users);
		await scene.reveille.kill9();
		const killedAt = Date.now();
		await writeToAll(scene, sleepers);
		await Bun.sleep(AWAY_MS - (Date.now() - killedAt));
		await scene.reveille.start();

		const pushes = await scene.endpoint.waitForPushes(10, undefined, 60_000);
		const woken = new Set(pushes.map(({ endpoint }) => endpoint));
		expect(woken).toEqual(new Set(sleepers.map(({ device }) => device.subscription.endpoint)));
		const enabled = await scene.server.pushEnabledOf(users);
		expect(enabled.map(({ length }) => length)).toEqual(users.map(() => 1));
		expect(scene.reveille.log()).toContain("the stream was resumed");
	}, 120_000);
}
