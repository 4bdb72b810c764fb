/** Push 2.0 with a real Prosody: what it encrypted for a device reaches that, by an account and by a component. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApnsServer, startApnsServer } from "../peers/apns-server.ts";
import { type FcmServer, startFcmServer } from "../peers/fcm-server.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startProsody } from "../peers/prosody.ts";
import { cameBack, PUSH2_SENDER, sendPush2 } from "../peers/push2-sender.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { createSigner, type Signer, sealedFor } from "../services/webpush/relayed.ts";
import { runCommand } from "./ad-hoc.ts";
import { metric } from "./fleet.ts";
import { hasten } from "./kill/data.ts";

const COMPONENT = { domain: "push.example.org", secret: "the component's secret" };
const ACCOUNT = "push@example.org/push";
const WAYS = [
	["an account", ACCOUNT],
	["a component", COMPONENT.domain],
] as const;
const TOPIC = "org.example.chat";
/** What is gone is written down after a tenth of a second, ms. */
const GATHERED_MS = 300;
const TOKEN = "ab".repeat(32);
const VOIP_TOKEN = "cd".repeat(32);
const PUBLIC_URL = "https://push.example.net";
const ENVELOPE = "<envelope xmlns='urn:xmpp:sce:1'><content>Wherefore art thou Romeo?</content></envelope>";

const folder = temporaryFolder("push2");
let server: XmppServer;
let webPush: WebPushServer;
let apns: ApnsServer;
let fcm: FcmServer;
let reveille: Reveille;
let alice: User;
let signer: Signer;

beforeAll(async () => {
	server = await startProsody({ ...PUSH2_SENDER, components: [COMPONENT] });
	await server.addUsers(["push", "alice"], "secret");
	webPush = startWebPushServer();
	apns = await startApnsServer({ topics: [TOPIC] });
	fcm = startFcmServer();
	signer = await createSigner();
	const team = { teamId: "TEAM123456", keyId: "KEY1234567" };
	const authority = join(folder.path, "ca.pem");
	writeFileSync(authority, apns.ca);
	const APPS = join(folder.path, "reveille.toml");
	writeFileSync(
		APPS,
		`[[connection]]\nservice = "${server.componentUrl}"\ndomain = "${COMPONENT.domain}"\npassword = "${COMPONENT.secret}"\n`,
	);
	reveille = await startReveille({
		server,
		settings: {
			APPS,
			PUBLIC_URL,
			PUSH2_RELAY: "true",
			PUSH_INTERVAL_MS: "0",
			ADMIN_TOKEN: "the-token-of-those-who-look-at-metrics",
			APNS_KEY: apns.createKey(team.teamId, team.keyId).key,
			APNS_KEY_ID: team.keyId,
			APNS_TEAM_ID: team.teamId,
			APNS_TOPIC: TOPIC,
			APNS_URL: apns.url,
			NODE_EXTRA_CA_CERTS: authority,
			FCM_SERVICE_ACCOUNT: fcm.serviceAccount,
			FCM_URL: fcm.url,
		},
	});
	const { websocketUrl: service, host: domain } = server;
	alice = await connectUser({ service, domain, username: "alice", password: "secret" });
}, 60_000);
afterAll(async () => {
	await alice?.goOffline();
	await reveille?.stop();
	await server?.stop();
	await webPush?.stop();
	await apns?.stop();
	fcm?.stop();
	folder.remove();
}, 60_000);

/** The client that a device of an app was given. */
async function clientOf(app: string, device: object): Promise<string> {
	const { push2 = "" } = (await reveille.registerDevice({ app, ...device })) as { push2?: string };
	expect(push2).toStartWith(`${PUBLIC_URL}/push2/`);
	return push2;
}

async function browser(): Promise<{ device: WebPushDevice; client: string; payload: string }> {
	const applicationServerKey = await reveille.vapidPublicKey();
	const device = webPush.createSubscription({ applicationServerKey });
	const client = await clientOf("webpush", { subscription: device.subscription });
	return { device, client, payload: await sealedFor(device.subscription.keys, ENVELOPE) };
}

/** The next push to a device, whatever is answered. */
const pushOf = ({ subscription }: WebPushDevice) =>
	webPush.waitForPush(({ endpoint }) => endpoint === subscription.endpoint);

describe.each(WAYS)("by %s", (_way, to) => {
	test("what its server encrypted for a browser is opened there; our VAPID key signed", async () => {
		const { device, client, payload } = await browser();
		await sendPush2(alice, to, { client, priority: "normal", payload });
		const push = await pushOf(device);
		expect(push.refused).toBeUndefined();
		expect(push.headers.get("urgency")).toBe("high");
		expect(device.decryptText(push.body)).toBe(ENVELOPE);
	}, 20_000);

	test("an iPhone gets it beside aps, and a call at its token for calls", async () => {
		const client = await clientOf("apns", { token: TOKEN, voipToken: VOIP_TOKEN });
		await sendPush2(alice, to, { client, priority: "normal", payload: "AAEC" });
		const message = await apns.waitForPush(({ token }) => token === TOKEN);
		expect(JSON.parse(message.body.toString())).toMatchObject({
			aps: { "mutable-content": 1 },
			rfc8291: "AAEC",
		});
		await sendPush2(alice, to, { client, priority: "high", voip: true, payload: "AwQF" });
		const call = await apns.waitForPush(({ token }) => token === VOIP_TOKEN);
		expect(call.headers["apns-topic"]).toBe(`${TOPIC}.voip`);
		expect(JSON.parse(call.body.toString()).rfc8291).toBe("AwQF");
	}, 20_000);

	test("an Android phone gets it among the data, and is not woken for what is low", async () => {
		const token = fcm.createDevice();
		const client = await clientOf("fcm", { token });
		await sendPush2(alice, to, { client, priority: "low", payload: "AAEC" });
		const { message } = await fcm.waitForPush((push) => push.token === token);
		expect(message.data?.rfc8291).toBe("AAEC");
		expect(message.android?.priority).toBe("NORMAL");
	}, 20_000);

	test("an iPhone that never registered is served in Snikket's form, and asked once when it is gone", async () => {
		const token = to.length.toString(16).padStart(64, "0");
		const client = `https://api.push.apple.com/3/device/${token}#${TOPIC}&${"0f".repeat(32)}`;
		const removed = () => reveille.log().split(/its registration module:\S+ was removed/).length;
		const before = removed();
		await sendPush2(alice, to, { client, priority: "normal", payload: "AAEC" });
		const push = await apns.waitForPush((it) => it.token === token);
		expect(JSON.parse(push.body.toString()).rfc8291).toBe("AAEC");
		apns.respondWith({ status: 410, reason: "Unregistered", token, times: 1 });
		await sendPush2(alice, to, { client, priority: "normal", payload: "AAEC" });
		await apns.waitForPush((it) => it.token === token);
		while (removed() === before) await Bun.sleep(10);
		await sendPush2(alice, to, { client, priority: "normal", payload: "AAEC" });
		await untilHandled(to);
		expect(apns.pushes.filter((it) => it.token === token)).toHaveLength(2);
	}, 20_000);

	test("an endpoint that never registered is relayed to with its server's own signature, and asked once when it is gone", async () => {
		const device = webPush.createSubscription({ applicationServerKey: signer.key });
		const { endpoint: client, keys } = device.subscription;
		const jwt = await signer.jwtFor(webPush.origin);
		const payload = await sealedFor(keys, ENVELOPE);
		await sendPush2(alice, to, { client, priority: "normal", payload, jwt });
		const push = await pushOf(device);
		expect(push.refused).toBeUndefined();
		expect(push.headers.get("authorization")).toBe(`vapid t=${jwt.token}, k=${signer.key}`);
		expect(device.decryptText(push.body)).toBe(ENVELOPE);

		webPush.unsubscribe(client);
		await sendPush2(alice, to, { client, payload, jwt });
		await pushOf(device);
		await untilDropped("gone", () => sendPush2(alice, to, { client, payload, jwt }));
		expect(webPush.pushes.filter(({ endpoint }) => endpoint === client)).toHaveLength(2);
		// Another key's signature gets nowhere.
		const other = { ...jwt, key: (await createSigner()).key };
		await untilDropped("bad_jwt", () => sendPush2(alice, to, { client: `${client}0`, payload, jwt: other }));
		expect(webPush.pushes.some(({ endpoint }) => endpoint === `${client}0`)).toBeFalse();
	}, 20_000);

	test("a dead registration, a wrong secret and what was made up are answered by nothing", async () => {
		const { device, client, payload } = await browser();
		webPush.unsubscribe(device.subscription.endpoint);
		for (const each of [
			client,
			client,
			`${PUBLIC_URL}/push2/${"A".repeat(27)}.${"A".repeat(43)}`,
			"xmpp:nobody",
		])
			await sendPush2(alice, to, { client: each, payload });
		await pushOf(device);
		await untilHandled(to);
		expect(await cameBack(alice)).toBe(0);
	}, 20_000);
});

test("a command's answer has the client's URL too, in each dialect whose clients may know Push 2.0", async () => {
	for (const [command, fields] of [
		["register-push-fcm", { token: fcm.createDevice(), "device-id": "a" }],
		["register-push-fcm", { token: fcm.createDevice(), "android-id": "b" }],
		["v1-register-push", { type: "fcm", node: "c", token: fcm.createDevice() }],
	] as const) {
		const { node, secret, push2 } = (await runCommand(alice, ACCOUNT, command, fields)) as Record<
			string,
			string
		>;
		expect(push2).toBe(`${PUBLIC_URL}/push2/${node}.${secret}`);
	}
});

// Last: Apple's own rule is that a team's token does not change often, and each start makes one.
describe.each(WAYS)("by %s", (_way, to) => {
	test("what waits, and what its push service has not answered yet, survives SIGKILL with its content", async () => {
		const [refused, hanging] = [await browser(), await browser()];
		webPush.respondWith({ status: 503, endpoint: refused.device.subscription.endpoint, times: 1 });
		webPush.respondWith({ status: "hang", endpoint: hanging.device.subscription.endpoint, times: 1 });
		for (const { device, client, payload } of [refused, hanging]) {
			await sendPush2(alice, to, { client, payload });
			await pushOf(device);
		}
		// An account's server keeps what was not handled; of a component it is on disk, once it takes long.
		const onDisk = to === ACCOUNT ? 1 : 2;
		while ((await metric(reveille, "reveille_outbox_entries")) < onDisk) await Bun.sleep(10);
		// What is gone is known to the next process too.
		const gone = webPush.createSubscription({ applicationServerKey: signer.key });
		const { endpoint } = gone.subscription;
		const relayed = {
			client: endpoint,
			payload: await sealedFor(gone.subscription.keys, ENVELOPE),
			jwt: await signer.jwtFor(webPush.origin),
		};
		webPush.unsubscribe(endpoint);
		await sendPush2(alice, to, relayed);
		await untilDropped("gone", () => sendPush2(alice, to, relayed));
		await Bun.sleep(GATHERED_MS);
		const asked = () => webPush.pushes.filter((push) => push.endpoint === endpoint).length;
		const before = asked();
		await reveille.kill9();
		webPush.respondNormally();
		hasten(reveille.dataFolder);
		await reveille.start();
		for (const { device, payload } of [refused, hanging]) {
			expect((await pushOf(device)).body.toBase64()).toBe(payload);
		}
		await untilDropped("gone", () => sendPush2(alice, to, relayed));
		expect(asked()).toBe(before);
	}, 60_000);
});

/** All that was sent to an address before has been handled: stanzas to it are taken in their order. */
async function untilHandled(to: string): Promise<void> {
	const { device, client, payload } = await browser();
	await sendPush2(alice, to, { client, payload });
	await pushOf(device);
}

async function untilDropped(reason: string, send: () => Promise<void>): Promise<void> {
	const name = `reveille_push2_dropped_total{reason="${reason}"}`;
	const before = await metric(reveille, name);
	// The answer of the push service may still be on its way to what remembers it.
	for (let tries = 0; tries < 100; tries++) {
		await send();
		await Bun.sleep(20);
		if ((await metric(reveille, name)) > before) return;
	}
	throw new Error(`nothing was dropped as ${reason}`);
}
