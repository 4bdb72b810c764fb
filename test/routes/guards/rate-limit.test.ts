import { afterEach, expect, test } from "bun:test";
import { WRITES } from "../../../src/routes/guards/rate-limit.ts";
import { startTestServer, subscription, type TestServer } from "../routes-fixture.ts";

let server: TestServer | undefined;
afterEach(async () => {
	await server?.close();
	server = undefined;
});

test("over HTTP: 429 with Retry-After, for writing only, and by IPv6 /64", async () => {
	server = await startTestServer();
	const { state, json } = server;
	state.peer = "2001:db8::1";
	const made = await server.registered();
	for (let i = 1; i < WRITES.burst; i++) {
		state.peer = `2001:db8::${i}`;
		await json("POST", "/registrations", "{");
	}
	const response = await json("POST", "/registrations", { subscription: subscription() });
	expect(response.status).toBe(429);
	expect(response.headers.get("Retry-After")).toBe("1");
	expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
	expect((await response.json()).type).toBe("/docs#problem-too-many-requests");
	for (const method of ["PUT", "DELETE"]) {
		expect((await json(method, `/registrations/${made.node}`, undefined, made.deviceSecret)).status).toBe(
			429,
		);
	}
	expect((await json("GET", `/registrations/${made.node}`, undefined, made.deviceSecret)).status).toBe(200);
	state.now += 1000;
	expect((await json("POST", "/registrations", { subscription: subscription() })).status).toBe(201);
	state.peer = "2001:db8:0:1::1";
	expect((await json("POST", "/registrations", { subscription: subscription() })).status).toBe(201);
});

test("both interfaces share the limit, and a forged X-Forwarded-For does not get around it", async () => {
	server = await startTestServer();
	server.state.peer = "203.0.113.9";
	for (let i = 0; i < WRITES.burst / 2; i++) {
		await server.form("push", {}, { "X-Forwarded-For": `198.51.100.${i}` });
		await server.app.request("/api/v1/registrations", {
			method: "POST",
			headers: { "X-Forwarded-For": `198.51.101.${i}` },
		});
	}
	expect((await server.form("push", {}, { "X-Forwarded-For": "198.51.102.1" })).status).toBe(429);
});

test("behind a trusted proxy each client has its own", async () => {
	server = await startTestServer({ trustedProxies: ["203.0.113.0/24"] });
	server.state.peer = "203.0.113.9";
	for (let i = 0; i <= WRITES.burst; i++)
		await server.form("push", {}, { "X-Forwarded-For": "9.9.9.9, 198.51.100.1" });
	expect((await server.form("push", {}, { "X-Forwarded-For": "8.8.8.8, 198.51.100.1" })).status).toBe(429);
	expect((await server.form("push", {}, { "X-Forwarded-For": "198.51.100.2" })).status).toBe(400);
});

test("where the runtime does not say who asks, all share one bucket", async () => {
	server = await startTestServer({ peerAddress: () => undefined });
	for (let i = 0; i < WRITES.burst; i++) await server.form("push", {});
	expect((await server.form("push", {})).status).toBe(429);
});
