/**
 * UnifiedPush endpoints of a process without XMPP, and of an edge: the connector of their database sends what they kept.
 * And Reveille as its own UnifiedPush service: a device of one Reveille whose endpoint is another's.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { bundleWorker } from "../peers/edge.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";
import { createDevice } from "../peers/web-push-device.ts";
import { startWorkerd } from "../peers/workerd.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { DOMAIN, ends, login, reveille, startWithComponent } from "./component.ts";
import { openEdgeScene, SECRET_KEY, vapidPair } from "./edge-scene.ts";
import { asPushServer, behindProxy, phoneOf, post } from "./unified-push.ts";

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

test("what an edge took in for an endpoint is sent by the connector", async () => {
	const bundle = await bundleWorker();
	ends.push(() => bundle.remove());
	const scene = await openEdgeScene({
		start: startWorkerd,
		bundle,
		connector: { settings: asPushServer(server) },
		bindings: { XMPP_ADDRESS: DOMAIN, UNIFIEDPUSH: true, PUBLIC_URL: asPushServer(server).PUBLIC_URL },
	});
	ends.push(() => scene.stop());
	await scene.connector?.untilReady();
	const phone = phoneOf(server, "alice");
	await phone.connect();
	const url = behindProxy(await phone.register(APP), scene.edge);
	const bytes = crypto.getRandomValues(new Uint8Array(4096));
	const answer = await post(url, bytes);
	expect([answer.status, answer.headers.get("TTL")]).toEqual([201, "3600"]);
	expect(new Uint8Array(await phone.next(APP))).toEqual(bytes);
	expect(await (await fetch(url)).text()).toBe('{"unifiedpush":{"version":1}}');
	expect((await post(url, new Uint8Array(4097))).status).toBe(413);
	expect((await post(url.slice(0, -1), "1")).status).toBe(404);
	phone.uninstall(APP);
	expect((await post(url, "anybody?")).status).toBe(201);
	while ((await post(url, "anybody?")).status !== 410) await Bun.sleep(200);
}, 60_000);
