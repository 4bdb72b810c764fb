/** The connector is killed, and more publishes wait for it at Prosody than its session holds, or as many as it does. */
import { afterEach, expect, test } from "bun:test";
import { names, openScene, type Scene, type Sleeper, writeToAll } from "./scene.ts";

/** A user's message becomes a publish to each of their devices; Prosody keeps five. */
const DEVICES = 5;

let scene: Scene | undefined;
afterEach(async () => {
	await scene?.stop();
	scene = undefined;
}, 60_000);

async function away(publishes: number, xmpp: { resumeQueue?: number } = {}) {
	const users = names(publishes / DEVICES);
	// Our own limit for hosts that nobody named would stretch it.
	const settings = { WEBPUSH_ALLOW_HOSTS: "127.0.0.1" };
	scene = await openScene("prosody", { users, xmpp, settings });
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
	const enabled = await server.pushEnabledOf(users);
	expect(enabled.map(({ length }) => length)).toEqual(users.map(() => DEVICES));
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
