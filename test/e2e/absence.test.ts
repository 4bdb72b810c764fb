/** Being away costs nobody a registration: the connector is killed, messages come, another process takes over. */
import { afterEach, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import { names, openScene, type Scene, type Sleeper, servers } from "./scene.ts";

/** How long the connector stays away, ms: what the story is about, not a wait for something. */
const AWAY_MS = 20_000;

let scene: Scene | undefined;
afterEach(async () => {
	await scene?.stop();
	scene = undefined;
}, 60_000);

/** Sends each a message; resolves when the server has handled them all. */
async function writeToAll({ login }: Scene, sleepers: readonly Sleeper[]) {
	const alice = await login("alice");
	await Promise.all(sleepers.map(({ jid }) => alice.sendMessage(jid, "Wake up!")));
	// It answers in order.
	await alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }), undefined, 60_000);
}

describe.each([...servers])("with a real %s", (program) => {
	test("killed, ten messages to ten users, started 20 s later: ten pushes, and nobody lost push", async () => {
		const users = names(10);
		scene = await openScene(program, { users });
		const sleepers = await scene.sleepers(...users);
		await scene.reveille.kill9();
		const killedAt = Date.now();
		await writeToAll(scene, sleepers);
		await Bun.sleep(AWAY_MS - (Date.now() - killedAt));
		await scene.reveille.start();

		const pushes = await scene.endpoint.waitForPushes(10, undefined, 30_000);
		const woken = new Set(pushes.map(({ endpoint }) => endpoint));
		expect(woken).toEqual(new Set(sleepers.map(({ device }) => device.subscription.endpoint)));
		for (const { name } of sleepers) expect(await scene.server.pushEnabled(name)).toHaveLength(1);
		expect(scene.reveille.log()).toContain("the stream was resumed");
	}, 120_000);
});

describe("with a real prosody, many publishes waiting", () => {
	/** A user's message becomes a publish to each of their devices; Prosody keeps five. */
	const DEVICES = 5;

	async function away(publishes: number, xmpp: { resumeQueue?: number } = {}) {
		const users = names(publishes / DEVICES);
		scene = await openScene("prosody", { users, xmpp });
		const devices = await scene.sleepersWithDevices(DEVICES, users);
		await scene.reveille.kill9();
		await writeToAll(
			scene,
			devices.filter((_, index) => index % DEVICES === 0),
		);
		await scene.reveille.start();
		return { opened: scene, devices, users };
	}

	/** Every device gets its push. */
	async function expectAllWoken(opened: Scene, devices: readonly Sleeper[]) {
		const pushes = await opened.endpoint.waitForPushes(devices.length, undefined, 60_000);
		const woken = new Set(pushes.map(({ endpoint }) => endpoint));
		expect(woken).toEqual(new Set(devices.map(({ device }) => device.subscription.endpoint)));
	}

	async function expectAllEnabled({ server }: Scene, users: readonly string[]) {
		for (const user of users) expect(await server.pushEnabled(user)).toHaveLength(DEVICES);
	}

	test("400: all are pushed", async () => {
		const { opened, devices, users } = await away(400);
		await expectAllWoken(opened, devices);
		await expectAllEnabled(opened, users);
	}, 120_000);

	test("600 on stock settings: they are lost, Prosody refuses to resume, and the log says so", async () => {
		const { opened, devices, users } = await away(600);
		expect(opened.reveille.log()).toContain("could not be resumed");
		expect(opened.endpoint.pushes).toHaveLength(0);
		// One error each: Prosody drops a registration at sixteen.
		await expectAllEnabled(opened, users);
		const alice = await opened.login("alice");
		await alice.sendMessage(devices[0]?.jid ?? "", "again");
		await opened.endpoint.waitForPushes(DEVICES);
	}, 120_000);

	test("600 with smacks_max_queue_size raised: all are pushed", async () => {
		const { opened, devices, users } = await away(600, { resumeQueue: 5000 });
		await expectAllWoken(opened, devices);
		await expectAllEnabled(opened, users);
	}, 120_000);
});
