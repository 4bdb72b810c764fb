/** The other columns, and what takes half a minute of waiting: ejabberd with a publish that nobody answers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { pauseProcess } from "../peers/process-table.ts";
import { testReplies } from "./matrix-replies.ts";
import { followReplies, type PublishReplies, TELLING } from "./publish-replies.ts";
import { openScene, type Scene, type Sleeper, type Transport } from "./scene.ts";

testReplies("prosody", "component");
testReplies("ejabberd", "account");

/** Publishes that wait while the rest of this file runs: ejabberd does so for 32 s, Prosody without end. */
const silences: { transport: Transport; scene: Scene; sleeper: Sleeper; replies: PublishReplies }[] = [];
beforeAll(async () => {
	const opening = (["account", "component"] as const).map(async (transport) => {
		const scene = await openScene("ejabberd", { transport, xmpp: TELLING.ejabberd });
		const [sleeper] = (await scene.sleepers("bob")) as [Sleeper];
		silences.push({ transport, scene, sleeper, replies: followReplies(scene.server) });
		await pauseProcess(scene.reveille.pid());
		await (await scene.login("alice")).sendMessage(sleeper.jid, "Wake up!");
	});
	await Promise.all(opening);
}, 60_000);
afterAll(() => Promise.all(silences.map(({ scene }) => scene.stop())), 60_000);

describe("ejabberd, no reply until it waits no more", () => {
	test.each(["account", "component"] as const)(
		"over the %s: kept, and Reveille still handles the publish when it goes on",
		async (transport) => {
			const silence = silences.find((one) => one.transport === transport);
			if (!silence) throw new Error("it did not begin");
			const { scene, sleeper, replies } = silence;
			const { jid, node } = sleeper.address;
			expect(await replies.next(node, 45_000)).toBe("timeout");
			expect(await scene.server.pushEnabled(sleeper.name)).toEqual([{ jid, node }]);
			process.kill(scene.reveille.pid(), "SIGCONT");
			await scene.endpoint.waitForPush();
			expect(await scene.server.pushEnabled(sleeper.name)).toEqual([{ jid, node }]);
		},
		60_000,
	);
});
