/**
 * Registering at an edge where a pubsub host takes the publishes in: the edge speaks no XMPP, so it claims one of the
 * nodes that the connector keeps ready there. A user of a real Prosody, the host on a real ejabberd, across s2s.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { bundleWorker, type WorkerBundle } from "../peers/edge.ts";
import { type Neighbours, startNeighbours } from "../peers/neighbours.ts";
import type { Reveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWorkerd } from "../peers/workerd.ts";
import { type EdgeScene, openEdgeScene } from "./edge-scene.ts";

const endpoint = startWebPushServer();
let neighbours: Neighbours;
let bundle: WorkerBundle;
let scene: EdgeScene & { connector: Reveille | undefined };
let pubsub: string;

beforeAll(async () => {
	[neighbours, bundle] = await Promise.all([startNeighbours(), bundleWorker()]);
	const { prosody, ejabberd } = neighbours;
	await Promise.all([prosody.addUsers(["alice", "bob"], "secret"), ejabberd.addUsers(["push"], "secret")]);
	pubsub = `pubsub.${ejabberd.host}`;
	const shared = { XMPP_PUBSUB_HOST: pubsub, XMPP_ALLOW: "*" };
	scene = await openEdgeScene({
		start: startWorkerd,
		bundle,
		connector: { server: ejabberd, settings: shared },
		bindings: { ...shared, XMPP_ADDRESS: `push@${ejabberd.host}/push`, REGISTRATION_TOKEN: undefined },
	});
	await scene.connector?.untilLogged("nodes are ready", 30_000);
}, 90_000);

afterAll(async () => {
	await scene?.stop();
	await neighbours?.stop();
	await endpoint.stop();
	bundle?.remove();
}, 60_000);

const subscribe = () =>
	endpoint.createSubscription({ applicationServerKey: String(scene.bindings.VAPID_PUBLIC_KEY) });

test("the node that it gives out is at the host, and wakes the device", async () => {
	const { prosody } = neighbours;
	const login = (username: string) =>
		connectUser({ service: prosody.websocketUrl, domain: prosody.host, username, password: "secret" });
	const device = subscribe();
	const { jid, node } = await scene.register(device.subscription);
	expect(jid).toBe(pubsub);
	const bob = await login("bob");
	await bob.enablePush({ jid, node });
	await bob.goOffline();
	const alice = await login("alice");
	await alice.sendMessage(bob.bareJid, "Wake up!");
	const push = await endpoint.waitForPush();
	expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node, class: "high" });
	await alice.goOffline();
}, 60_000);

test("503 with Retry-After while none is ready, until the connector has made some", async () => {
	await scene.connector?.halt();
	// As a rush would leave them.
	await scene.database.execute("UPDATE pubsub_nodes SET claimed_at = 1 WHERE claimed_at IS NULL");
	const { subscription } = subscribe();
	const json = { subscription };
	const answer = await scene.ask("POST", "/api/v1/registrations", { json });
	expect(answer.status).toBe(503);
	expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
	expect(await answer.text()).toContain(`${pubsub} has no node ready`);
	const rows = await scene.database.execute("SELECT count(*) AS n FROM registrations");
	expect(rows.rows[0]?.n).toBe(1);

	await scene.connector?.start();
	await scene.connector?.untilLogged("nodes are ready", 30_000);
	expect((await scene.ask("POST", "/api/v1/registrations", { json })).status).toBe(201);
}, 60_000);
