/** The whole chain with a real push service: a message becomes a publish, a push to ntfy, and what the device reads. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Ntfy, startNtfy } from "../peers/ntfy.ts";
import { createDevice, type WebPushDevice } from "../peers/web-push-device.ts";
import { openScene, type Scene } from "./scene.ts";

let ntfy: Ntfy;
let scene: Scene;
beforeAll(async () => {
	ntfy = await startNtfy();
	scene = await openScene("prosody", {
		users: ["bob", "carol"],
		xmpp: { pushWith: { body: true, sender: true } },
		settings: { PUSH_INTERVAL_MS: "0" },
	});
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await ntfy?.stop();
}, 60_000);

/** Registers the device for the user, who then goes offline. @returns the registration's node */
async function fallAsleep(name: string, device: WebPushDevice): Promise<string> {
	const user = await scene.login(name);
	const address = await scene.reveille.register(device.subscription);
	await user.enablePush(address);
	await user.goOffline();
	return address.node;
}

test("a device at ntfy decrypts what a friend wrote", async () => {
	const device = createDevice(ntfy.newEndpoint());
	const node = await fallAsleep("bob", device);
	const subscription = await ntfy.subscribe(device.subscription.endpoint);
	const alice = await scene.login("alice");
	await alice.sendMessage(`bob@${scene.server.host}`, "Wake up, Bob!");
	expect(JSON.parse(device.decryptText(await subscription.next()))).toEqual({
		node,
		class: "high",
		count: 1,
		sender: alice.jid,
		body: "Wake up, Bob!",
	});
	subscription.close();
	await alice.goOffline();
}, 30_000);

test("a push that ntfy refuses since no device ever connected is sent again, and none is forgotten", async () => {
	const device = createDevice(ntfy.newEndpoint());
	await fallAsleep("carol", device);
	const alice = await scene.login("alice");
	await alice.sendMessage(`carol@${scene.server.host}`, "Wake up, Carol!");
	await scene.reveille.untilLogged("507");
	const subscription = await ntfy.subscribe(device.subscription.endpoint);
	const content = JSON.parse(device.decryptText(await subscription.next(45_000)));
	expect(content.body).toBe("Wake up, Carol!");
	expect(await scene.server.pushEnabled("carol")).toHaveLength(1);
	subscription.close();
	await alice.goOffline();
}, 60_000);
