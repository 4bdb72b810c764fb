/** UnifiedPush endpoints at an edge: the connector of its database sends what it kept. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { bundleWorker } from "../peers/edge.ts";
import { startWorkerd } from "../peers/workerd.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { DOMAIN, ends, startWithComponent } from "./component.ts";
import { openEdgeScene } from "./edge-scene.ts";
import { asPushServer, behindProxy, phoneOf, post } from "./unified-push.ts";

let server: XmppServer;
beforeAll(async () => {
	server = await startWithComponent("prosody");
	await server.addUsers(["alice"], "secret");
}, 60_000);
afterAll(() => server?.stop(), 60_000);
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const APP = "org.example.chat";

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
