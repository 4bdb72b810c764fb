/** Who took an account's address was killed: the server keeps its session for a while, and then the first one serves again. */
import { afterEach, expect, test } from "bun:test";
import { startReveille } from "../peers/reveille.ts";
import { openScene, servers, writeToAll } from "./scene.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

test.each([...servers])(
	"%s: a copy that took the address and was killed is followed by the first one, once the server gave its session up",
	async (program) => {
		const scene = await openScene(program, { xmpp: { resumeSeconds: 10 } });
		ends.push(() => scene.stop());
		const { server, reveille: first, endpoint } = scene;
		const sleepers = await scene.sleepers("bob");
		const copy = await startReveille({ server, settings: { XMPP_TAKE_ADDRESS: "true" } });
		ends.push(() => copy.stop());
		await first.untilLogged("was taken over by another session");
		await copy.kill9();
		// It asks every 30 s.
		await first.untilReady(60_000);
		await writeToAll(scene, sleepers);
		await endpoint.waitForPush();
		expect(await server.pushEnabled("bob")).toHaveLength(1);
	},
	120_000,
);
