/**
 * `fetch` over HTTP/2: one request first, then many; what is sent again and what must not be; connections that end.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import type { Fetch } from "../../../src/services/exchange.ts";
import { type ApnsServer, type ApnsServerOptions, startApnsServer } from "../../peers/apns-server.ts";

let server: ApnsServer;
afterEach(() => server.stop());

type Options = Parameters<typeof createHttp2Fetch>[0];

/** A double, and a `fetch` that it knows by its certificate. */
async function scene(options: ApnsServerOptions = {}, given: Options = {}): Promise<Fetch> {
	server = await startApnsServer(options);
	return createHttp2Fetch({ ca: server.ca, ...server.client, ...given });
}

/** Posts a push that the double takes; to the device of this number. */
function post(fetch: Fetch, device = 1, signal: AbortSignal | null = AbortSignal.timeout(5000)) {
	return fetch(`${server.url}/3/device/${tokenOf(device)}`, {
		method: "POST",
		headers: {
			"apns-topic": "net.example.app",
			"apns-push-type": "background",
			"apns-priority": "5",
			"apns-id": crypto.randomUUID(),
		},
		body: '{"aps":{"content-available":1}}',
		signal,
	});
}

const tokenOf = (device: number) => device.toString(16).padStart(8, "0");
const many = (fetch: Fetch, count: number) =>
	Promise.all(Array.from({ length: count }, async (_, device) => (await post(fetch, device)).status));

describe("connections", () => {
	test("are one for many requests, which do not exceed what it allows", async () => {
		const fetch = await scene({ latencyMs: 20 });
		expect(new Set(await many(fetch, 200))).toEqual(new Set([200]));
		expect(server.connections).toBe(1);
		expect(server.excessStreams).toBe(0);
	});

	test("are one while no request is authenticated: they go one by one", async () => {
		await scene({ latencyMs: 5 });
		const fetch = createHttp2Fetch({ ca: server.ca });
		expect(new Set(await many(fetch, 20))).toEqual(new Set([403]));
		expect(server.connections).toBe(1);
		expect(server.excessStreams).toBe(0);
	});

	test("that rested for too long are made anew, with one request first", async () => {
		let now = 0;
		const fetch = await scene({ idleMs: 300, latencyMs: 5 }, { now: () => now });
		for (let round = 1; round <= 3; round += 1) {
			expect(new Set(await many(fetch, 50))).toEqual(new Set([200]));
			expect(server.connections).toBe(round);
			await server.idle();
			now += 1001;
		}
		expect(server.accepted.size).toBe(150);
	});

	test("are not shared between two certificates", async () => {
		const fetch = await scene();
		const other = createHttp2Fetch({ ca: server.ca });
		expect((await post(fetch)).status).toBe(200);
		expect((await post(other)).status).toBe(403);
		expect(server.connections).toBe(2);
	});

	test("to a server that an unknown authority signed are refused", async () => {
		await scene();
		await expect(post(createHttp2Fetch())).rejects.toMatchObject({
			code: expect.stringMatching(/CERT|VERIFY/),
		});
		expect(server.pushes.length).toBe(0);
	});
});

describe("a request that was not processed", () => {
	test("since its stream was refused is sent again, once", async () => {
		const fetch = await scene();
		await post(fetch);
		server.respondWith({ status: "refuse", times: 1 });
		expect((await post(fetch)).status).toBe(200);
		expect([...server.accepted.values()]).toEqual([1, 1]);
	});

	test("since its stream was refused among many is sent again, once", async () => {
		const fetch = await scene({ latencyMs: 5 });
		await post(fetch);
		server.respondWith({ status: "refuse", times: 40 });
		expect(new Set(await many(fetch, 200))).toEqual(new Set([200]));
		expect([...server.accepted.values()]).toEqual(Array(201).fill(1));
		expect(server.connections).toBe(1);
	});

	test("ever is given up after five times", async () => {
		const fetch = await scene();
		await post(fetch);
		server.respondWith({ status: "refuse", times: 4 });
		expect((await post(fetch)).status).toBe(200);
		server.respondWith({ status: "refuse", times: 5 });
		await expect(post(fetch)).rejects.toMatchObject({ code: "HTTP2RefusedStream" });
		expect(server.pushes.length).toBe(2);
		expect((await post(fetch)).status).toBe(200);
	});
});

describe("a request that may have been processed is not sent again", () => {
	test("when the connection is cut", async () => {
		const fetch = await scene();
		server.respondWith({ status: "cut" });
		await expect(post(fetch)).rejects.toMatchObject({ code: "ECONNRESET" });
		expect(server.pushes.length).toBe(1);
	});

	test("when a GOAWAY tells of an error", async () => {
		const fetch = await scene();
		server.respondWith({ status: "hang" });
		const answer = post(fetch);
		await server.waitForPush();
		server.goAway("BadCertificate", 2);
		await expect(answer).rejects.toMatchObject({ code: "HTTP2GoAway" });
		expect(server.pushes.length).toBe(1);
	});

	test("when the answer is no HTTP/2", async () => {
		const fetch = await scene();
		server.respondWith({ status: "garbage" });
		await expect(post(fetch)).rejects.toThrow();
		expect(server.pushes.length).toBe(1);
	});
});

test("a request taken before a graceful GOAWAY is answered on the old connection, the next on a new one", async () => {
	const fetch = await scene();
	const gate = Promise.withResolvers<void>();
	server.respondWith({ status: 200, after: gate.promise, times: 1 });
	const first = post(fetch, 1);
	await server.waitForPush();
	server.goAway();
	gate.resolve();
	expect((await first).status).toBe(200);
	expect((await post(fetch, 2)).status).toBe(200);
	expect(server.connections).toBe(2);
	expect(server.pushes.length).toBe(2);
});

test("a graceful GOAWAY while many are on their way makes one new connection, and none is sent twice", async () => {
	const fetch = await scene({ latencyMs: 30 });
	await post(fetch);
	const answers = many(fetch, 100);
	await server.waitForPushes(20);
	server.goAway("Shutdown");
	expect(new Set(await answers)).toEqual(new Set([200]));
	// A body that Bun could send again by itself went over some 35 of them.
	expect(server.connections).toBe(2);
	expect([...server.accepted.values()]).toEqual(Array(101).fill(1));
});

describe("waiting", () => {
	test("ends with the deadline, and whoever comes later is not kept by a request that hangs", async () => {
		const fetch = await scene();
		server.respondWith({ status: "hang", times: 1 });
		const [lead, deadline] = [new AbortController(), new AbortController()];
		const first = post(fetch, 1, lead.signal);
		const second = post(fetch, 2, deadline.signal);
		const third = post(fetch, 3);
		await server.waitForPush();
		deadline.abort(new Error("too late"));
		await expect(second).rejects.toThrow("too late");
		lead.abort(new Error("no answer"));
		await expect(first).rejects.toThrow();
		expect((await third).status).toBe(200);
		expect(server.pushes.map(({ token }) => token)).toEqual([tokenOf(1), tokenOf(3)]);
	});

	test("a deadline that has passed sends nothing", async () => {
		const fetch = await scene();
		await expect(post(fetch, 1, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
		expect(server.connections).toBe(0);
	});

	test("keeps to the most that may be in flight, in order", async () => {
		const fetch = await scene({}, { maxConcurrent: 3 });
		await post(fetch, 0);
		const gate = Promise.withResolvers<void>();
		server.respondWith({ status: 200, after: gate.promise });
		const answers = Promise.all([1, 2, 3, 4, 5, 6].map((device) => post(fetch, device)));
		await server.waitForPushes(4);
		await post(createHttp2Fetch({ ca: server.ca })); // A round trip: a fourth would be here by now.
		expect(server.pushes.filter(({ refused }) => !refused).length).toBe(4);
		gate.resolve();
		for (const { status } of await answers) expect(status).toBe(200);
		const order = server.pushes.filter(({ refused }) => !refused).map(({ token }) => token);
		expect(order).toEqual([0, 1, 2, 3, 4, 5, 6].map(tokenOf));
	});

	test("of one origin keeps no other waiting", async () => {
		const fetch = await scene();
		await using other = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			fetch: () => new Response(),
		});
		server.respondWith({ status: "hang", times: 1 });
		const hanging = new AbortController();
		const first = post(fetch, 1, hanging.signal);
		await server.waitForPush();
		// HTTP/1.1 without TLS: refused at once, not kept behind what hangs.
		await expect(fetch(`http://127.0.0.1:${other.port}/`, {})).rejects.toThrow();
		hanging.abort();
		await expect(first).rejects.toThrow();
	});
});
