/**
 * One request and its answer over a real socket, whatever the other side does.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createDeadlines } from "../../src/delivery/deadlines.ts";
import { exchange, type Fetch, retryAfterMs } from "../../src/services/exchange.ts";
import { ForbiddenAddress } from "../../src/services/public-address.ts";
import { type PushDouble, startPushDouble } from "./push-double.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

let double: PushDouble;
beforeAll(async () => {
	double = await startPushDouble();
});
afterAll(() => double[Symbol.asyncDispose]());

function ask(options: { deadlineMs?: number; maxBytes?: number; fetch?: Fetch } = {}) {
	const { deadlineMs = 5000, fetch = globalThis.fetch, ...rest } = options;
	return exchange(
		{ url: `${double.origin}/secret-token`, init: { method: "POST" } },
		{ fetch, signal: AbortSignal.timeout(deadlineMs), now: () => NOW, ...rest },
	);
}

describe("an exchange", () => {
	test("gives status, headers and body", async () => {
		double.answer({ status: 404, headers: { "x-reason": "gone" }, body: '{"errno":103}' });
		const reply = await ask();
		expect(reply).toMatchObject({ kind: "reply", status: 404, body: '{"errno":103}' });
		if (reply.kind === "reply") expect(reply.headers.get("x-reason")).toBe("gone");
	});

	test("reads Retry-After", async () => {
		double.answer({ status: 429, headers: { "retry-after": "120" } });
		expect(await ask()).toMatchObject({ kind: "reply", afterMs: 120_000 });
		double.answer({ status: 429 });
		expect(await ask()).not.toHaveProperty("afterMs");
	});

	test("follows no redirect", async () => {
		double.answer({ status: 307, headers: { location: `${double.origin}/elsewhere` } });
		const before = double.received.length;
		expect(await ask()).toMatchObject({ kind: "reply", status: 307 });
		expect(double.received.slice(before).map(({ path }) => path)).toEqual(["/secret-token"]);
	});

	test("reads so much of a body and cuts the line", async () => {
		const sentBefore = double.oversizedSent;
		double.answer({ status: 200, oversized: 10_000_000 });
		const reply = await ask({ maxBytes: 100 });
		expect(reply).toMatchObject({ kind: "reply", status: 200, body: "x".repeat(100) });
		const before = performance.now();
		await double.idle();
		expect(performance.now() - before).toBeLessThan(5_000); // at once, not when memory is cleaned up
		expect(double.oversizedSent - sentBefore).toBeLessThan(10_000_000);
	});

	test("believes a status whose body never comes, without waiting for the deadline", async () => {
		double.answer({ hangAfter: 410 });
		const before = performance.now();
		expect(await ask({ deadlineMs: 60_000 })).toMatchObject({ kind: "reply", status: 410, body: "" });
		expect(performance.now() - before).toBeLessThan(20_000);
	});

	test("believes a status whose body the deadline cuts", async () => {
		double.answer({ hangAfter: 201 });
		expect(await ask({ deadlineMs: 200 })).toMatchObject({ kind: "reply", status: 201, body: "" });
	});

	test("keeps the connection for the next request", async () => {
		await using own = await startPushDouble();
		own.answer({ status: 200, body: "small" });
		const request = { url: own.origin, init: { method: "POST" } };
		const how = { fetch: globalThis.fetch, signal: AbortSignal.timeout(5000), now: () => NOW };
		for (let round = 0; round < 5; round++) await exchange(request, how);
		expect(own.connections).toBe(1);
	});

	test("is retried when the deadline comes first", async () => {
		double.answer("hang");
		expect(await ask({ deadlineMs: 50 })).toEqual({ kind: "retry", reason: "no answer in time" });
	});

	test.each(["cut", "garbage"] as const)(
		"is retried when the answer is %s, with a reason that names no URL",
		async (answer) => {
			double.answer(answer);
			expect(await ask()).toEqual({
				kind: "retry",
				reason: expect.stringMatching(/^network failure: \w+, [^/]+$/),
			});
		},
	);

	test("is retried when there is no such name", async () => {
		const outcome = await exchange(
			{ url: "https://secret.invalid/token", init: {} },
			{ fetch: globalThis.fetch, signal: AbortSignal.timeout(5000), now: () => NOW },
		);
		expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringMatching(/^network failure/) });
		expect(JSON.stringify(outcome)).not.toMatch(/secret|token/);
	});

	test("is rejected when the address is forbidden: trying again would not make it public", async () => {
		const fetch = async () => {
			throw new ForbiddenAddress("10.0.0.1");
		};
		expect(await ask({ fetch })).toEqual({
			kind: "rejected",
			reason: "the host has an address that is not public",
			about: "push",
		});
	});

	test("takes nothing from a failure but its code", async () => {
		const coded = Object.assign(new Error("secret"), { code: "https://secret" });
		for (const thrown of [new Error("fetching https://secret"), coded, "secret", undefined]) {
			const outcome = await ask({
				fetch: async () => {
					throw thrown;
				},
			});
			expect(outcome).toEqual({ kind: "retry", reason: "network failure" });
		}
	});
});

describe("an exchange whose deadline has one for the answer's text too", () => {
	const deadlines = createDeadlines(30_000);

	async function askInTime(answer: Parameters<PushDouble["answer"]>[0], maxBytes?: number) {
		double.answer(answer);
		const { signal, end } = deadlines.begin();
		const how = {
			fetch: globalThis.fetch,
			signal,
			now: () => NOW,
			...(maxBytes !== undefined && { maxBytes }),
		};
		const request = { url: `${double.origin}/secret-token`, init: { method: "POST" } };
		return exchange(request, how).finally(end);
	}

	test("reads a short text at once, and nothing where there is none", async () => {
		expect(await askInTime({ status: 404, body: "why" })).toMatchObject({ status: 404, body: "why" });
		expect(await askInTime({ status: 201 })).toMatchObject({ status: 201, body: "" });
		expect(await askInTime({ status: 204 })).toMatchObject({ status: 204, body: "" });
	});

	test("reads no more of a long one than before", async () => {
		expect(await askInTime({ status: 200, oversized: 10_000_000 }, 100)).toMatchObject({
			body: "x".repeat(100),
		});
		expect(await askInTime({ status: 404, body: "reasons" }, 3)).toMatchObject({ body: "rea" });
	});

	test("leaves a text that does not come, and its connection", async () => {
		await using server = await startSlowBodies();
		const { signal, end } = deadlines.begin();
		const how = { fetch: globalThis.fetch, signal, now: () => NOW };
		const before = performance.now();
		const reply = await exchange({ url: server.url, init: { method: "POST" } }, how).finally(end);
		expect(reply).toMatchObject({ kind: "reply", status: 410, body: "" });
		expect(performance.now() - before).toBeLessThan(20_000);
		await server.closed;
	});
});

/** Says how long its answer is, and sends half of it. */
async function startSlowBodies() {
	const closed = Promise.withResolvers<void>();
	const server = Bun.listen({
		hostname: "127.0.0.1",
		port: 0,
		socket: {
			data: (socket) => void socket.write("HTTP/1.1 410 Gone\r\nContent-Length: 10\r\n\r\nhalf."),
			close: () => closed.resolve(),
		},
	});
	return {
		url: `http://127.0.0.1:${server.port}/`,
		closed: closed.promise,
		async [Symbol.asyncDispose]() {
			server.stop(true);
		},
	};
}

describe("Retry-After", () => {
	test.each([
		["seconds", "120", 120_000],
		["no wait", "0", 0],
		["blanks around", " 5 ", 5000],
		["an HTTP date", "Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
		["the older date of RFC 850", "Thursday, 01-Jan-26 00:01:00 GMT", 60_000],
		["a date that has passed", "Thu, 01 Jan 2015 00:00:00 GMT", 0],
		["more than a day", "999999999999999999999999", DAY],
		["a date far ahead", "Fri, 01 Jan 2100 00:00:00 GMT", DAY],
	])("is understood: %s", (_, value, expected) => {
		expect(retryAfterMs(value, NOW)).toBe(expected);
	});

	test.each([null, "", "soon", "-1", "1.5", "1e3", "0x10", "2026-01-02", "Thu, nonsense", "12 parsecs"])(
		"says nothing: %p",
		(value) => {
			expect(retryAfterMs(value, NOW)).toBeUndefined();
		},
	);
});
