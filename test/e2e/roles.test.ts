/** HTTP and connector apart: two processes, one database. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";

const folder = temporaryFolder("roles");
const endpoint = startWebPushServer();
let server: XmppServer;
let http: Reveille;
let connector: Reveille;

beforeAll(async () => {
	server = await startProsody();
	await server.addUsers(["push", "alice", "bob"], "secret");
	const vapid = await generateVapidKey();
	const shared = {
		DATABASE_URL: `file:${join(folder.path, "shared.db")}`,
		SECRET_KEY: "the-key-that-both-roles-derive-secrets-from",
	};
	connector = await startReveille({
		server,
		settings: { ...shared, ROLE: "connector", VAPID_PRIVATE_KEY: vapid },
	});
	http = await startReveille({
		settings: {
			...shared,
			ROLE: "http",
			XMPP_ADDRESS: `push@${server.host}/push`,
			VAPID_PUBLIC_KEY: (await importVapidKey(vapid)).publicKey,
			REGISTRATION_TOKEN: "the-registration-token-that-users-are-given",
		},
	});
}, 60_000);

afterAll(async () => {
	await http?.stop();
	await connector?.stop();
	await server?.stop();
	await endpoint.stop();
	folder.remove();
}, 60_000);

test("what registers at the one is woken by the other, by a message and by itself", async () => {
	const device = endpoint.createSubscription({ applicationServerKey: await http.vapidPublicKey() });
	const address = await http.register(device.subscription, "the-registration-token-that-users-are-given");
	const login = (username: string) =>
		connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
	const bob = await login("bob");
	await bob.online();
	await bob.enablePush(address);
	await bob.goOffline();

	const tested = await http.api("POST", `/registrations/${address.node}/test`, address.deviceSecret);
	expect(await tested.json()).toEqual({ result: "queued" });
	const handedOver = await endpoint.waitForPush();
	expect(JSON.parse(device.decryptText(handedOver.body)).class).toBe("high");

	await (await login("alice")).sendMessage(bob.bareJid, "Wake up!");
	await endpoint.waitForPush();
}, 30_000);

test("the HTTP role makes no files, and the connector takes no registrations", async () => {
	expect(await Bun.file(join(http.dataFolder, "outbox.db")).exists()).toBe(false);
	const answer = await fetch(`${connector.url}/api/v1/services`);
	expect(answer.status).toBe(404);
	expect(await answer.text()).toContain("ROLE=http");
	expect((await fetch(`${http.url}/ready`)).status).toBe(200);
});
