/** Stanzas of many megabytes, sent by a stranger through a real server that lets them pass. */
import { describe, expect, test } from "bun:test";
import { connectUser } from "../peers/user.ts";
import { names, openScene, type Scene, type ServerName, type Transport } from "./scene.ts";

/** More than any stanza of the tests, bytes. */
const LIMIT = 200 * 1024 * 1024;

/** Users who each have one device that sleeps, and a stranger's server without limits of its own. */
export async function openLargeScene(program: ServerName, transport: Transport, users: number) {
	const sleepers = names(users);
	const scene = await openScene(program, {
		transport,
		users: [...sleepers, "mallory"],
		settings: { PUSH_INTERVAL_MS: "0" },
		xmpp: {
			limits: "none",
			// ejabberd has none over WebSocket.
			...(program === "prosody" && { extraConfig: `c2s_stanza_size_limit = ${LIMIT}` }),
		},
	});
	return { scene, sleepers: await scene.sleepers(...sleepers) };
}

/** Sends Reveille a message of so many megabytes; resolves when the server has passed it on. */
export async function sendLarge({ server, address }: Scene, megabytes: number): Promise<void> {
	const mallory = await connectUser({
		// Prosody takes minutes to put a large message of many WebSocket frames together.
		service: server.program === "prosody" ? server.tcpUrl : server.websocketUrl,
		domain: server.host,
		username: "mallory",
		password: "secret",
	});
	const body = "x".repeat(megabytes * 1_000_000);
	await mallory.client.write(
		`<message xmlns="jabber:client" to="${address}" id="large"><body>${body}</body></message>`,
	);
	// It takes stanzas in order.
	const id = await mallory.sendMessage(mallory.jid, "behind it");
	await mallory.waitForStanza(({ attrs }) => attrs.id === id, 120_000);
	await mallory.goOffline();
}

/** A message to each of the sleepers is a push to each, and none has lost the registration. */
export async function expectAllWoken({
	scene,
	sleepers,
}: Awaited<ReturnType<typeof openLargeScene>>): Promise<void> {
	scene.endpoint.clear();
	const alice = await scene.login("alice");
	await Promise.all(sleepers.map(({ jid }) => alice.sendMessage(jid, "Wake up")));
	const pushes = await scene.endpoint.waitForPushes(sleepers.length, undefined, 60_000);
	const woken = new Set(pushes.map(({ endpoint }) => endpoint));
	expect(woken).toEqual(new Set(sleepers.map(({ device }) => device.subscription.endpoint)));
	for (const { name } of sleepers) expect(await scene.server.pushEnabled(name)).toHaveLength(1);
	await alice.goOffline();
}

/** Has the test of one server and one way to it run. */
export function testLargeStanza(program: ServerName, transport: Transport): void {
	describe(`through a real ${program}, to Reveille as its ${transport}`, () => {
		test("17 MB cost nobody a push or a registration", async () => {
			await using ends = new AsyncDisposableStack();
			const opened = await openLargeScene(program, transport, 10);
			const { reveille, stop } = opened.scene;
			ends.defer(stop);
			await expectAllWoken(opened);
			await sendLarge(opened.scene, 17);
			await expectAllWoken(opened);
			expect(reveille.log().match(/is online/g)).toHaveLength(1);
			expect(reveille.log()).not.toContain("is not online");
		}, 120_000);
	});
}
