import { afterEach, describe, expect, test } from "bun:test";
import type { Sent, Taken } from "../../src/delivery/unified-push/taking.ts";
import { unifiedPushBounds } from "../../src/limits/bounds/unified-push.ts";
import type { AppDeps } from "../../src/routes/deps.ts";
import { startTestServer, type TestServer } from "./routes-fixture.ts";

let server: TestServer;
afterEach(() => server.close());

const sent: { token: string; sent: Sent }[] = [];
async function start(
	answer: Taken = { kind: "kept", receipt: "R", ttlSeconds: 60 },
	deps: Partial<AppDeps> = {},
) {
	sent.length = 0;
	server = await startTestServer({
		unifiedPush: {
			publicUrl: "https://push.example.net/base",
			async take(token, given) {
				sent.push({ token, sent: given });
				return answer;
			},
		},
		...deps,
	});
	return server;
}

const post = (body: BodyInit | undefined, headers: Record<string, string> = {}, path = "/up/TOKEN") =>
	server.app.request(path, { method: "POST", headers, ...(body !== undefined && { body }) });

describe("an endpoint of UnifiedPush", () => {
	test("takes a push of any bytes with its TTL and Topic, and answers 201 with what was granted", async () => {
		await start();
		const body = crypto.getRandomValues(new Uint8Array(4096));
		const answer = await post(body, {
			TTL: "3600",
			Topic: "a-topic_1",
			Urgency: "high",
			"Content-Encoding": "aes128gcm",
			Authorization: "vapid t=anything, k=anything",
		});
		expect(answer.status).toBe(201);
		expect(answer.headers.get("Location")).toBe("https://push.example.net/base/up/receipts/R");
		expect(answer.headers.get("TTL")).toBe("60");
		expect(answer.headers.get("Cache-Control")).toBe("no-store");
		expect(await answer.text()).toBe("");
		expect(sent).toEqual([{ token: "TOKEN", sent: { body, ttlSeconds: 3600, topic: "a-topic_1" } }]);
	});

	test("takes one without any header for a day", async () => {
		await start();
		expect((await post("1")).status).toBe(201);
		expect(sent[0]?.sent).toMatchObject({ ttlSeconds: 86_400, topic: undefined });
	});

	test("says to everybody that it is one, and of no path whether there is one", async () => {
		await start();
		for (const path of ["/up/TOKEN", "/up/x", "/up/receipts"]) {
			const answer = await server.app.request(path);
			expect([answer.status, await answer.text()]).toEqual([200, '{"unifiedpush":{"version":1}}']);
		}
		expect((await server.app.request("/up/receipts/R")).status).toBe(404);
		expect(sent).toEqual([]);
	});

	test("allows no page of another site to read it, or to ask first", async () => {
		await start();
		const asked = { Origin: "https://page.example" };
		expect((await post("1", asked)).headers.get("Access-Control-Allow-Origin")).toBeNull();
		const preflight = await server.app.request("/up/TOKEN", { method: "OPTIONS", headers: asked });
		expect(preflight.status).toBe(405);
		expect(preflight.headers.get("Access-Control-Allow-Origin")).toBeNull();
	});

	test("refuses what is empty, too large or malformed, and takes nothing in", async () => {
		await start();
		expect((await post(undefined)).status).toBe(400);
		expect((await post("")).status).toBe(400);
		expect((await post(new Uint8Array(4097))).status).toBe(413);
		const stream = new ReadableStream({
			start(controller) {
				controller.enqueue(new Uint8Array(4000));
				controller.enqueue(new Uint8Array(97));
				controller.close();
			},
		});
		expect((await post(stream)).status).toBe(413);
		for (const [name, value] of [
			["TTL", "-1"],
			["TTL", "1.5"],
			["TTL", "9".repeat(16)],
			["Topic", "a b"],
			["Topic", "x".repeat(33)],
			["Urgency", "soon"],
		] as const) {
			const answer = await post("1", { [name]: value });
			expect([name, value, answer.status]).toEqual([name, value, 400]);
			expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
		}
		expect(sent).toEqual([]);
	});

	test.each([
		[{ kind: "unknown" }, 404, null],
		[{ kind: "gone" }, 410, null],
		[{ kind: "too-often", waitMs: 1_500 }, 429, "2"],
		[{ kind: "full" }, 503, "10"],
		[{ kind: "key-missing" }, 503, "10"],
	] as const)("answers %p with %d", async (taken, status, retryAfter) => {
		await start(taken);
		const answer = await post("a secret body");
		expect(answer.status).toBe(status);
		expect(answer.headers.get("Retry-After")).toBe(retryAfter);
		expect(await answer.text()).not.toContain("secret");
	});

	test("slows down a network that sends too much, and no other", async () => {
		await start();
		server.state.peer = "192.0.2.7";
		const { burst } = unifiedPushBounds.senderRate.is;
		for (let count = 0; count < burst; count++)
			if ((await post("1")).status !== 201) throw new Error(`${count}`);
		const answer = await post("1");
		expect([answer.status, answer.headers.get("Retry-After")]).toEqual([429, "1"]);
		server.state.peer = "192.0.2.8";
		expect((await post("1")).status).toBe(201);
	});

	test("logs no token and no body, whatever fails", async () => {
		await start(undefined, {
			unifiedPush: {
				publicUrl: "https://push.example.net",
				async take() {
					throw new Error("a mistake");
				},
			},
		});
		expect((await post("a secret body")).status).toBe(500);
		expect(server.logged.join("\n")).not.toMatch(/TOKEN|secret body/);
	});

	test("is not there until it is turned on", async () => {
		await start(undefined, { unifiedPush: undefined });
		expect((await post("1")).status).toBe(404);
		expect((await server.app.request("/up/x")).status).toBe(404);
	});
});
