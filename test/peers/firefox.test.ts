/**
 * A real browser at our push service double: it subscribes, and its service worker reads what is sent.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Firefox, startFirefox } from "./firefox.ts";
import { createSender } from "./web-push-sender.ts";
import { startWebPushServer } from "./web-push-server.ts";

const pushServer = startWebPushServer();
const sender = createSender();
let firefox: Firefox;

beforeAll(async () => {
	const began = performance.now();
	firefox = await startFirefox({ pushServerUrl: pushServer.browserUrl });
	console.log(`${firefox.version} started in ${Math.round(performance.now() - began)} ms`);
}, 90_000);
afterAll(async () => {
	await firefox?.close();
	await pushServer.stop();
}, 30_000);

test("Firefox reads pushes, and one without content, until it unsubscribes", async () => {
	const subscription = await firefox.subscribe(sender.publicKey);
	expect(subscription.endpoint).toStartWith(`${pushServer.origin}/wpush/`);

	expect((await sender.send(subscription, "Guten Morgen")).status).toBe(201);
	expect(await firefox.waitForDecrypted()).toBe("Guten Morgen");
	expect((await sender.send(subscription, "Noch einer")).status).toBe(201);
	expect(await firefox.waitForDecrypted()).toBe("Noch einer");

	const empty = await fetch(subscription.endpoint, {
		method: "POST",
		headers: { TTL: "60", Authorization: sender.authorization(subscription.endpoint) },
	});
	expect(empty.status).toBe(201);
	expect(await firefox.waitForDecrypted()).toBe("");

	// Made with this key: another sender's is refused.
	expect((await createSender().send(subscription, "Stranger")).status).toBe(401);

	await firefox.unsubscribe();
	expect((await sender.send(subscription, "Too late")).status).toBe(410);
}, 60_000);
