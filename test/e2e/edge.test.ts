/**
 * HTTP on real edge runtimes, a real libSQL server, a real connector beside a real Prosody: the file that is deployed
 * does all that HTTP does on Bun, and its pushes arrive through the connector.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { startDeno } from "../peers/deno.ts";
import { bundleWorker, type WorkerBundle } from "../peers/edge.ts";
import { startProsody } from "../peers/prosody.ts";
import { connectUser } from "../peers/user.ts";
import { askForWebApp } from "../peers/web-app.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { deployment, startWorkerd } from "../peers/workerd.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type EdgeScene, openEdgeScene, TOKEN } from "./edge-scene.ts";

/**
 * What Cloudflare's free plan takes is more than twice as much; what grows beyond this has taken in what it should not.
 * 80 KiB of it may be the web app and as much the console's page, in base64 a third more.
 */
const KIB = 1024;
const MAX = { bytes: 1408 * KIB, compressed: 512 * KIB };

const endpoint = startWebPushServer();
let server: XmppServer;
let bundle: WorkerBundle;
beforeAll(async () => {
	[server, bundle] = await Promise.all([startProsody(), bundleWorker()]);
	await server.addUsers(["push", "alice", "bob"], "secret");
}, 60_000);
afterAll(async () => {
	await server?.stop();
	await endpoint.stop();
	bundle?.remove();
}, 60_000);
afterEach(() => endpoint.clear());

const login = (username: string) =>
	connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });

test("what is deployed is small, and needs nothing of Node", () => {
	const compressed = gzipSync(bundle.code).byteLength;
	const kib = (bytes: number) => `${Math.round(bytes / KIB)} KiB`;
	console.log(`the worker: ${kib(bundle.code.byteLength)}, compressed ${kib(compressed)}`);
	expect(bundle.code.byteLength).toBeLessThan(MAX.bytes);
	expect(compressed).toBeLessThan(MAX.compressed);
	expect(new Bun.Transpiler({ loader: "js" }).scanImports(bundle.code)).toEqual([]);
	expect(deployment.compatibility_flags).toBeUndefined();
});

describe.each([
	["workerd", startWorkerd],
	["Deno", startDeno],
])("%s", (runtime, start) => {
	let scene: EdgeScene;
	let device: WebPushDevice;
	const applicationServerKey = () => String(scene.bindings.VAPID_PUBLIC_KEY);

	beforeAll(async () => {
		scene = await openEdgeScene({ start, bundle, connector: { server } });
		device = endpoint.createSubscription({ applicationServerKey: applicationServerKey() });
	}, 60_000);
	afterAll(() => scene?.stop(), 60_000);

	test("a fresh one answers its first requests soon", async () => {
		const times: number[] = [];
		const timed = async (path: string) => {
			const began = performance.now();
			const answer = await scene.ask("GET", path);
			await answer.arrayBuffer();
			times.push(performance.now() - began);
			return answer.status;
		};
		expect(await timed("/health")).toBe(200);
		expect(await timed("/ready")).toBe(200);
		expect(await timed("/ready")).toBe(200);
		await scene.edge.restart();
		expect(await timed("/ready")).toBe(200);
		const [first, looked, known, both] = times.map((ms) => `${ms.toFixed(1)} ms`);
		console.log(`${runtime}: a fresh one's first answer ${first}, its look at the database ${looked},`);
		console.log(`  a later one ${known}; fresh, and asked for the database at once, ${both}`);
		expect(times[0]).toBeLessThan(8_000);
	}, 30_000);

	test("serves the web app as it was bundled, and tells its page what it must know", async () => {
		const { same, all } = await askForWebApp(scene.edge.url);
		expect(same).toEqual(all);
		const etag = (await scene.ask("GET", "/app/sw.js")).headers.get("ETag") ?? "";
		expect((await scene.ask("GET", "/app/sw.js", { headers: { "If-None-Match": etag } })).status).toBe(304);
		expect(await (await scene.ask("GET", "/app/settings.json")).json()).toMatchObject({
			address: String(scene.bindings.XMPP_ADDRESS),
			vapidPublicKey: applicationServerKey(),
			ntfy: false,
		});
	});

	test("what registers there is woken by a message on Prosody", async () => {
		const services = (await (await scene.ask("GET", "/api/v1/services")).json()) as { jid: string };
		expect(services).toMatchObject({
			jid: `push@${server.host}/push`,
			apps: [{ name: "webpush", vapidPublicKey: applicationServerKey() }, { name: "ubuntu" }],
			registration: "token",
		});
		const address = await scene.register(device.subscription);
		const registered = performance.now();
		expect(address.jid).toBe(services.jid);
		const bob = await login("bob");
		await bob.online();
		// The secret that was derived at the edge is what the connector checks.
		await bob.enablePush(address);
		await bob.goOffline();
		const alice = await login("alice");
		await alice.sendMessage(bob.bareJid, "Wake up!");
		const push = await endpoint.waitForPush();
		console.log(
			`${runtime}: 201 to pushed in ${Math.round(performance.now() - registered)} ms, logins and all`,
		);
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: address.node, class: "high" });
		const back = await login("bob");
		await back.disablePush(address);
		await Promise.all([alice, back].map((user) => user.goOffline()));
	}, 30_000);

	test("a registration is looked up, tested by way of the connector, renewed and ended", async () => {
		const { node, deviceSecret: token } = await scene.register(device.subscription);
		const path = `/api/v1/registrations/${node}`;
		const looked = await scene.ask("GET", path, { token });
		expect(await looked.json()).toMatchObject({ node, app: "webpush", encrypted: true });

		const tested = await scene.ask("POST", `${path}/test`, { token });
		expect(await tested.json()).toEqual({ result: "queued" });
		const push = await endpoint.waitForPush();
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node, body: "Test" });

		const other = endpoint.createSubscription({ applicationServerKey: applicationServerKey() });
		const chosen = { deviceName: "a phone", classes: ["high", "low"] };
		const renewing = { subscription: other.subscription, ...chosen };
		const renewed = await scene.ask("PUT", path, { token, json: renewing });
		expect(await renewed.json()).toMatchObject({ node, ...chosen });

		expect((await scene.ask("DELETE", path, { token })).status).toBe(204);
		expect((await scene.ask("GET", path, { token })).status).toBe(410);
		expect((await scene.ask("GET", path, { token: "A".repeat(43) })).status).toBe(404);
	}, 30_000);

	test("the form API registers, pushes by way of the connector, and unregisters", async () => {
		const { endpoint: token, keys } = device.subscription;
		const lines = async (path: string, form: Record<string, string>) => {
			const answer = await scene.ask("POST", `/push_appserver/v1/${path}`, { form });
			return { status: answer.status, lines: (await answer.text()).split("\n") };
		};
		const fields = { type: "webpush", node: "a device", token, ...keys };
		expect((await lines("register", fields)).status).toBe(403);
		const made = await lines("register", { ...fields, access_token: TOKEN });
		const [ok, node = "", secret = ""] = made.lines;
		expect(ok).toBe("OK");
		expect((await lines("push", { node, secret })).lines.slice(0, 2)).toEqual(["OK", node]);
		const push = await endpoint.waitForPush();
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node, class: "low" });
		expect((await lines("push", { node, secret: "wrong" })).lines[0]).toBe("ERROR");
		expect((await lines("unregister", { type: "webpush", node, secret })).lines[0]).toBe("OK");
		expect((await lines("push", {})).status).toBe(400);
		expect((await scene.ask("GET", "/push_appserver/v1/health")).status).toBe(200);
	}, 30_000);

	test("Tigase's clients unregister, at both of their paths", async () => {
		const token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
		const left = async () =>
			(await scene.database.execute("SELECT node FROM registrations WHERE dialect = 'tigase'")).rows.length;
		for (const path of ["/unregister-device", "/rest/push/unregister-device"]) {
			await scene.database.execute({
				sql: `INSERT INTO registrations (node, owner, app, device, dialect, token, registered_at, renewed_at)
					VALUES ('a node', 'juliet@capulet.example', 'apns', 'a device', 'tigase', ?, 1, 1)`,
				args: [token],
			});
			expect(await left()).toBe(1);
			const answer = await scene.ask("POST", `${path}/push.example.org`, {
				json: {
					account: "juliet@capulet.example",
					provider: "tigase:messenger:apns:1",
					"device-token": token,
				},
			});
			expect(await answer.json()).toEqual({ result: "success" });
			expect(await left()).toBe(0);
		}
	}, 30_000);

	test("it is watched and documented as on Bun", async () => {
		expect(await (await scene.ask("GET", "/health")).json()).toMatchObject({ status: "alive" });
		expect(await (await scene.ask("GET", "/ready")).json()).toEqual({ ready: true, database: "ok" });
		expect(await (await scene.ask("GET", "/docs")).text()).toContain("/api/v1/registrations");
		const { paths } = (await (await scene.ask("GET", "/openapi.json")).json()) as { paths: object };
		expect(Object.keys(paths)).toContain("/api/v1/registrations");
		expect((await scene.ask("GET", "/")).status).toBe(200);
		expect((await scene.ask("GET", "/nothing")).status).toBe(404);
		expect((await scene.ask("PATCH", "/api/v1/services")).status).toBe(405);
	}, 30_000);

	test("a web client on another origin may ask, and read the answers", async () => {
		const headers = { Origin: "https://chat.example", "Access-Control-Request-Method": "POST" };
		const preflight = await scene.ask("OPTIONS", "/api/v1/registrations", {
			headers: { ...headers, "Access-Control-Request-Headers": "authorization,content-type" },
		});
		expect(preflight.status).toBe(204);
		expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe("*");
		expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
		const refused = await scene.ask("POST", "/api/v1/registrations", { headers, json: {} });
		expect(refused.status).toBe(401);
		expect(refused.headers.get("Access-Control-Allow-Origin")).toBe("*");
	}, 30_000);

	test("bad input is answered, not crashed on", async () => {
		const at = "/api/v1/registrations";
		const status = async (json: unknown) => (await scene.ask("POST", at, { token: TOKEN, json })).status;
		expect(await status({})).toBe(422);
		expect(await status({ subscription: { endpoint: "x".repeat(20_000) } })).toBe(413);
		expect(await status({ app: "nothing", token: "abc" })).toBe(422);
		const text = await scene.ask("POST", at, { token: TOKEN, headers: { "Content-Type": "text/plain" } });
		expect(text.status).toBe(415);
	}, 30_000);

	test("one network that writes without end is slowed down, and others are not", async () => {
		const from = "192.0.2.7";
		const asking = { token: TOKEN, json: {}, from };
		const statuses = new Set<number>();
		for (let i = 0; i < 70; i++)
			statuses.add((await scene.ask("POST", "/api/v1/registrations", asking)).status);
		expect(statuses).toEqual(new Set([422, 429]));
		const other = (await scene.ask("POST", "/api/v1/registrations", { ...asking, from: "192.0.2.8" })).status;
		// Deno itself knows who connects; what a client says of its address counts for nothing there.
		expect(other).toBe(runtime === "Deno" ? 429 : 422);
	}, 30_000);
});
