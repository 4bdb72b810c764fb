/**
 * UnifiedPush endpoints of a process without XMPP: the connector of its database sends what it kept. And Reveille as its own UnifiedPush service: a device of one Reveille whose endpoint is another's.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";
import { createDevice } from "../peers/web-push-device.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { DOMAIN, ends, login, reveille, startWithComponent } from "./component.ts";
import { SECRET_KEY, vapidPair } from "./edge-scene.ts";
import { asPushServer, behindProxy, phoneOf } from "./unified-push.ts";

let server: XmppServer;
beforeAll(async () => {
	server = await startWithComponent("prosody");
	await server.addUsers(["push", "alice", "bob"], "secret");
}, 60_000);
afterAll(() => server?.stop(), 60_000);
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const APP = "org.example.chat";

test("a message reaches an app by one Reveille's Web Push and another's endpoint, and the app decrypts it", async () => {
	const folder = temporaryFolder("unified-push");
	ends.push(() => folder.remove());
	const vapid = await vapidPair();
	const shared = { DATABASE_URL: `file:${join(folder.path, "shared.db")}`, SECRET_KEY };
	const { XMPP_SERVICE, XMPP_PASSWORD, ...settings } = asPushServer(server);
	await reveille({
		...asPushServer(server),
		...shared,
		ROLE: "connector",
		VAPID_PRIVATE_KEY: vapid.privateKey,
	});
	const http = await reveille(
		{ ...settings, ...shared, ROLE: "http", XMPP_ADDRESS: DOMAIN, VAPID_PUBLIC_KEY: vapid.publicKey },
		"health",
	);
	const phone = phoneOf(server, "bob");
	await phone.connect();
	const device = createDevice(behindProxy(await phone.register(APP), http));

	const other = await startReveille({ server });
	ends.push(() => other.stop());
	const address = await other.register(device.subscription);
	const alice = await login(server, "alice");
	await alice.enablePush(address);
	await alice.goOffline();
	await (await login(server, "bob")).sendMessage("alice@example.org", "Are you there?");
	expect(JSON.parse(device.decryptText(await phone.next(APP)))).toMatchObject({
		node: address.node,
		class: "high",
	});

	// The phone is away, and then back.
	await phone.goOffline();
	const tested = await other.api("POST", `/registrations/${address.node}/test`, address.deviceSecret);
	expect(await tested.json()).toEqual({ result: "delivered" });
	await phone.connect();
	expect(JSON.parse(device.decryptText(await phone.next(APP)))).toMatchObject({ node: address.node });

	// The app goes, and so does its registration at the one that sends.
	phone.uninstall(APP);
	const again = () => other.api("POST", `/registrations/${address.node}/test`, address.deviceSecret);
	while ((await (await again()).json()).result === "delivered") await Bun.sleep(1_000);
	expect((await again()).status).toBe(410);
}, 60_000);
