/**
 * Across everything: registered at an edge, written to the primary, read by a connector that has a replica of its
 * own, woken by a message on Prosody; and how soon after the edge's 201 a publish is delivered.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import { bundleWorker, type WorkerBundle } from "../peers/edge.ts";
import { startProsody } from "../peers/prosody.ts";
import { connectUser } from "../peers/user.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWorkerd } from "../peers/workerd.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type EdgeScene, openEdgeScene } from "./edge-scene.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";
/** A device that registers is woken within this time, ms. */
const SOON_MS = 5_000;

const endpoint = startWebPushServer();
let server: XmppServer;
let bundle: WorkerBundle;
let scene: EdgeScene;

beforeAll(async () => {
	[server, bundle] = await Promise.all([startProsody(), bundleWorker()]);
	await server.addUsers(["push", "alice", "bob"], "secret");
	scene = await openEdgeScene({ start: startWorkerd, bundle, connector: { server }, replica: true });
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await server?.stop();
	await endpoint.stop();
	bundle?.remove();
}, 60_000);

const login = (username: string) =>
	connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
const subscribe = () =>
	endpoint.createSubscription({ applicationServerKey: String(scene.bindings.VAPID_PUBLIC_KEY) });

test("what registers at the edge is woken by a message on Prosody", async () => {
	const device = subscribe();
	const address = await scene.register(device.subscription);
	const bob = await login("bob");
	await bob.enablePush(address);
	await bob.goOffline();
	const alice = await login("alice");
	await alice.sendMessage(bob.bareJid, "Wake up!");
	const push = await endpoint.waitForPush();
	expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: address.node, class: "high" });
	await alice.goOffline();
}, 30_000);

test("a publish right after the edge's 201 is delivered, whatever the replica has by then", async () => {
	const alice = await login("alice");
	const form = (secret: string) =>
		xml(
			"x",
			{ xmlns: "jabber:x:data", type: "submit" },
			xml("field", { var: "FORM_TYPE" }, xml("value", {}, `${PUBSUB}#publish-options`)),
			xml("field", { var: "secret" }, xml("value", {}, secret)),
		);
	const times: number[] = [];
	for (let i = 0; i < 20; i++) {
		const device = subscribe();
		const { jid, node, secret } = await scene.register(device.subscription);
		const registered = performance.now();
		const item = xml("item", {}, xml("notification", { xmlns: "urn:xmpp:push:0" }));
		const publish = xml("publish", { node }, item);
		await alice.iq(
			"set",
			xml("pubsub", { xmlns: PUBSUB }, publish, xml("publish-options", {}, form(secret))),
			jid,
		);
		const push = await endpoint.waitForPush(({ endpoint: to }) => to === device.subscription.endpoint);
		times.push(performance.now() - registered);
		expect(JSON.parse(device.decryptText(push.body)).node).toBe(node);
	}
	const sorted = times.toSorted((a, b) => a - b).map(Math.round);
	console.log(`from the edge's 201 to delivered: median ${sorted[10]} ms, worst of 20 ${sorted.at(-1)} ms`);
	expect(Math.max(...times)).toBeLessThan(SOON_MS);
	await alice.goOffline();
}, 60_000);
