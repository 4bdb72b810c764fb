/** On a real edge runtime: JWTs of an app's backend decide who registers, and the key is changed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { bundleWorker, type Edge, type WorkerBundle } from "../peers/edge.ts";
import { startProsody } from "../peers/prosody.ts";
import type { Registered } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWorkerd } from "../peers/workerd.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { asker, type EdgeScene, openEdgeScene, SECRET_KEY } from "./edge-scene.ts";

const AUDIENCE = "https://push.example.net";

const endpoint = startWebPushServer();
const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
let isServed = true;
const jwks = Bun.serve({
	port: 0,
	hostname: "127.0.0.1",
	fetch: async () =>
		isServed
			? Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }] })
			: new Response("away", { status: 502 }),
});
let server: XmppServer;
let bundle: WorkerBundle;
let scene: EdgeScene;
beforeAll(async () => {
	[server, bundle] = await Promise.all([startProsody(), bundleWorker()]);
	await server.addUsers(["push"], "secret");
	scene = await openEdgeScene({
		start: startWorkerd,
		bundle,
		connector: { server },
		bindings: {
			REGISTRATION: "jwt",
			REGISTRATION_TOKEN: undefined,
			REGISTRATION_JWT_AUDIENCE: AUDIENCE,
			REGISTRATION_JWKS_URL: `http://127.0.0.1:${jwks.port}/jwks.json`,
		},
	});
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await server?.stop();
	await jwks.stop(true);
	await endpoint.stop();
	bundle?.remove();
}, 60_000);

const jwt = (expires = "5m") =>
	new SignJWT({})
		.setProtectedHeader({ alg: "ES256", kid: "one" })
		.setAudience(AUDIENCE)
		.setExpirationTime(expires)
		.sign(privateKey);
const subscription = () =>
	endpoint.createSubscription({ applicationServerKey: String(scene.bindings.VAPID_PUBLIC_KEY) }).subscription;
const register = (token: string) =>
	scene.ask("POST", "/api/v1/registrations", { token, json: { subscription: subscription() } });

test("who has a JWT of the backend registers; while its keys cannot be had, nobody is told no", async () => {
	isServed = false;
	const away = await register(await jwt());
	expect(away.status).toBe(503);
	expect(away.headers.get("Retry-After")).not.toBeNull();
	isServed = true;
	// The URL is left alone for some seconds, and then asked again.
	const until = performance.now() + 20_000;
	let back = await register(await jwt());
	while (back.status === 503 && performance.now() < until) {
		await Bun.sleep(200);
		back = await register(await jwt());
	}
	expect(back.status).toBe(201);
	// The keys are kept, from one request to the next.
	isServed = false;
	expect((await register(await jwt())).status).toBe(201);
	const late = await register(await jwt("-5m"));
	expect(late.status).toBe(401);
	expect(await late.text()).toContain("expired");
}, 30_000);

test("a registration made with the old key is renewed into one of the new", async () => {
	isServed = true;
	const made = (await (await register(await jwt())).json()) as Registered;
	const next = {
		...scene.bindings,
		SECRET_KEY: "the-next-key-that-secrets-are-derived-from",
		SECRET_KEY_OLD: SECRET_KEY,
	};
	const edge: Edge = await startWorkerd({ bundle, bindings: next });
	try {
		const ask = asker(() => edge.url);
		const path = `/api/v1/registrations/${made.node}`;
		expect((await ask("GET", path, { token: made.deviceSecret })).status).toBe(200);
		const renewed = await ask("PUT", path, {
			token: made.deviceSecret,
			json: { subscription: subscription() },
		});
		expect(renewed.status).toBe(200);
		const { node, deviceSecret } = (await renewed.json()) as Registered;
		expect(node).not.toBe(made.node);
		// The database has the old node still.
		const looked = await ask("GET", `/api/v1/registrations/${node}`, { token: deviceSecret });
		expect(await looked.json()).toMatchObject({ node });
		expect((await ask("DELETE", `/api/v1/registrations/${node}`, { token: deviceSecret })).status).toBe(204);
		expect((await ask("GET", path, { token: made.deviceSecret })).status).toBe(410);
	} finally {
		await edge.stop();
	}
}, 30_000);
