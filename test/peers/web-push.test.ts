/**
 * The Web Push doubles: the device opens what RFC 8291 says it must, the server refuses what Mozilla refuses.
 */
import { afterAll, afterEach, expect, test } from "bun:test";
import { deviceWithKeys } from "./web-push-device.ts";
import { createSender } from "./web-push-sender.ts";
import { startWebPushServer } from "./web-push-server.ts";

const server = startWebPushServer();
const sender = createSender();
afterAll(() => server.stop());
afterEach(() => {
	server.respondNormally();
	server.clear();
});

test("a device opens the example of RFC 8291 §5", () => {
	const device = deviceWithKeys("https://push.example.net/", {
		privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
		auth: "BTBZMqHH6r4Tts7J_aSIgg",
	});
	const body =
		"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
	expect(device.decryptText(Buffer.from(body, "base64url"))).toBe(
		"When I grow up, I want to be a watermelon",
	);
});

test("a push arrives and its device reads it", async () => {
	const device = server.createSubscription({ applicationServerKey: sender.publicKey });
	const response = await sender.send(device.subscription, "Zu spät?");
	expect(response.status).toBe(201);
	expect(response.headers.get("location")).toStartWith(`${server.origin}/m/`);
	const push = await server.waitForPush();
	expect(push.endpoint).toBe(device.subscription.endpoint);
	expect(device.decryptText(push.body)).toBe("Zu spät?");
});

test("one device cannot read another's push", async () => {
	const [one, other] = [server.createSubscription(), server.createSubscription()];
	await sender.send(one.subscription, "for one");
	const push = await server.waitForPush();
	expect(() => other.decrypt(push.body)).toThrow();
});

test("what Mozilla refuses is refused", async () => {
	const device = server.createSubscription({ applicationServerKey: sender.publicKey });
	const { subscription } = device;
	const { endpoint } = subscription;
	const status = async (headers: Record<string, string>, text = "") =>
		(await sender.send(subscription, text, headers)).status;
	const claims = (wrong: Record<string, unknown>) => ({
		Authorization: sender.authorization(endpoint, wrong),
	});
	const now = Math.floor(Date.now() / 1000);

	expect(await status({ TTL: "" })).toBe(400);
	expect(await status({ TTL: "soon" })).toBe(400);
	expect(await status({ Topic: "x".repeat(33) })).toBe(400);
	expect(await status({ "Content-Encoding": "aesgcm" })).toBe(400);
	expect(await status({}, "x".repeat(4097 - 86 - 17))).toBe(413);
	expect(await status({}, "x".repeat(4096 - 86 - 17))).toBe(201);
	expect(await status({ Authorization: "" })).toBe(401);
	expect(await status(claims({ aud: "https://elsewhere.example" }))).toBe(401);
	expect(await status(claims({ exp: now - 1 }))).toBe(401);
	expect(await status(claims({ exp: now + 25 * 3600 }))).toBe(401);
	expect(await status(claims({ sub: "operator" }))).toBe(401);
	expect(await status(claims({ sub: undefined }))).toBe(201);
	expect(await status({ Authorization: createSender().authorization(endpoint) })).toBe(401);
	const forged = sender.authorization(endpoint).replace(/, k=.*/, `, k=${createSender().publicKey}`);
	expect(await status({ Authorization: forged })).toBe(401);
	expect((await fetch(endpoint, { method: "PUT" })).status).toBe(405);

	server.unsubscribe(endpoint);
	expect(await status({})).toBe(410);
	server.unsubscribe(endpoint, 404);
	expect(await status({})).toBe(404);
});

test("answers can be programmed: for all, for some, for one endpoint, or never", async () => {
	const [one, other] = [server.createSubscription(), server.createSubscription()];
	const status = async (device = one) => (await sender.send(device.subscription, "")).status;

	server.respondWith({ status: 429, headers: { "Retry-After": "7" }, times: 1 });
	const limited = await sender.send(one.subscription, "");
	expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
	expect(await status()).toBe(201);

	server.respondWith({ status: 503 });
	const undo = server.respondWith({ status: 410, endpoint: one.subscription.endpoint });
	expect([await status(), await status(other)]).toEqual([410, 503]);
	undo();
	expect(await status()).toBe(503);

	server.respondNormally();
	server.clear();
	const gate = Promise.withResolvers<void>();
	server.respondWith({ status: 201, after: gate.promise });
	const answer = status();
	const push = await server.waitForPush();
	expect(push.status).toBeUndefined();
	gate.resolve();
	expect(await answer).toBe(201);

	server.respondWith({ status: "hang" });
	const hanging = fetch(other.subscription.endpoint, {
		method: "POST",
		headers: { TTL: "0", Authorization: sender.authorization(other.subscription.endpoint) },
		signal: AbortSignal.timeout(100),
	});
	await expect(hanging).rejects.toThrow();
	await server.waitForPush((received) => received.endpoint === other.subscription.endpoint);
});

test("waiting in vain says what came instead", async () => {
	await fetch(`${server.origin}/wpush/v2/unknown`, { method: "POST" });
	await expect(server.waitForPush(undefined, 50)).rejects.toThrow("no such endpoint");
});
