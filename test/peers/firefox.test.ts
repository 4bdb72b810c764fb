/**
 * A real browser at our push service double: it subscribes, and its service worker reads what is sent.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { ClientStep } from "../../src/sasl/login.ts";
import { createScramServer } from "../connector/stream/scram-server.ts";
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

test("Firefox logs in with our SASL: it runs in a browser as it does here", async () => {
	const built = await Bun.build({
		entrypoints: [join(import.meta.dir, "../../src/sasl/login.ts")],
		target: "browser",
		format: "esm",
	});
	const [bundle] = built.outputs;
	const source = Buffer.from((await bundle?.arrayBuffer()) ?? new ArrayBuffer()).toString("base64");
	for (const mechanism of ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]) {
		const server = createScramServer({ mechanism, password: "IX p\u00e4ssw\u00f6rd\u2013\u{1f418}" });
		const answers = { challenge: "", success: "" };
		await firefox.page.exposeFunction(`answer_${mechanism.at(-1)}`, (step: ClientStep) => {
			const text = Buffer.from(step.text, "base64").toString();
			const said = step.name === "auth" ? server.challenge(text) : (server.success(text) ?? "");
			answers[step.name === "auth" ? "challenge" : "success"] = said;
			return Buffer.from(said).toString("base64");
		});
		await firefox.page.evaluate(
			async (module, name, asking) => {
				const { logIn } = await import(`data:text/javascript;base64,${module}`);
				const ask = (globalThis as unknown as Record<string, (step: unknown) => Promise<string>>)[asking];
				let last: { name: string } | undefined;
				await logIn({
					credentials: { username: "p\u00fcsh", password: "\u2168 pa\u0308ssw\u00f6rd\u2013\u{1f418}" },
					offered: [name],
					isPrivate: false,
					send: (step: { name: string }) => {
						last = step;
					},
					receive: async () => ({
						name: last?.name === "auth" ? "challenge" : "success",
						text: await ask?.(last),
					}),
				});
			},
			source,
			mechanism,
			`answer_${mechanism.at(-1)}`,
		);
		expect(answers.challenge).toContain(",i=4096");
		expect(answers.success).toStartWith("v=");
	}
}, 60_000);
