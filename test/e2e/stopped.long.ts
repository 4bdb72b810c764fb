/**
 * A process that stands still for longer than a silent server is given (a container that is frozen, a machine that is
 * suspended): what came meanwhile is pushed.
 */
import { expect, test } from "bun:test";
import { pauseProcess } from "../peers/process-table.ts";
import { openScene, type ServerName, servers, type Transport } from "./scene.ts";

/** How long it stands still, ms: what the story is about, not a wait for something. */
const STOPPED_MS = 100_000;

async function stopFor(program: ServerName, transport: Transport): Promise<void> {
	const scene = await openScene(program, { transport });
	try {
		const [sleeper] = await scene.sleepers("bob");
		const { reveille, server, endpoint } = scene;
		await reveille.untilReady();
		const alice = await scene.login("alice");
		await pauseProcess(reveille.pid());
		try {
			await alice.sendMessage(sleeper?.jid ?? "", "Wake up!");
			await Bun.sleep(STOPPED_MS);
			expect(endpoint.pushes).toEqual([]);
		} finally {
			process.kill(reveille.pid(), "SIGCONT");
		}
		await endpoint.waitForPush();
		await reveille.untilReady();
		expect(reveille.log()).not.toContain("has been silent");
		if (transport === "component") {
			expect(reveille.log().split("is online").length - 1).toBe(1);
		} else {
			// A server may end the connection of a client that acknowledges nothing; the stream goes on.
			expect(reveille.log()).not.toContain("could not be resumed");
		}
		const { jid, node } = sleeper?.address ?? {};
		expect(await server.pushEnabled("bob")).toEqual([{ jid, node }] as never);
		await alice.goOffline();
	} finally {
		await scene.stop();
	}
}

test.each(["component", "account"] as const)(
	`%s: a process that is stopped for ${STOPPED_MS / 1000} s pushes what came meanwhile`,
	async (transport) => {
		await Promise.all(servers.map((program) => stopFor(program, transport)));
	},
	STOPPED_MS + 120_000,
);
