import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { startTestServer as start, subscription, type TestServer } from "./routes/routes-fixture.ts";

const servers: TestServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.close();
});
async function startTestServer(...given: Parameters<typeof start>) {
	const server = await start(...given);
	servers.push(server);
	return server;
}

const kindOf = async (response: Response) => {
	expect(response.headers.get("Content-Type")).toBe("application/problem+json");
	return ((await response.json()) as { type: string }).type.replace("/docs#problem-", "");
};
const JSON_TYPE = { "Content-Type": "application/json" };
const post = (server: TestServer, body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
	server.app.request("/api/v1/registrations", { method: "POST", headers, body });

describe("a body that is not what it should be", () => {
	test.each([
		["not JSON", "{", "malformed-body", 400],
		["empty", "", "malformed-body", 400],
		["cut off", '{"subscription": {"endpoint": "https://push', "malformed-body", 400],
		["nested without end", "[".repeat(16_000), "malformed-body", 400],
		["a list", "[]", "invalid-fields", 422],
		["null", "null", "invalid-fields", 422],
		["a text", '"text"', "invalid-fields", 422],
		["empty of fields", "{}", "invalid-fields", 422],
		["a huge number for text", '{"subscription": {"endpoint": 1e999}}', "invalid-fields", 422],
		["a number of many digits", `{"subscription": ${"9".repeat(10_000)}}`, "invalid-fields", 422],
		["a prototype", '{"__proto__": {"subscription": {}}}', "invalid-fields", 422],
	] as const)("%s", async (_, body, kind, status) => {
		const server = await startTestServer();
		const response = await post(server, body);
		expect(response.status).toBe(status);
		expect(await kindOf(response)).toBe(kind);
		expect(server.logged).toEqual([]);
	});

	test("nested as deep as the limit lets it be is an answer, not a crash", async () => {
		const server = await startTestServer();
		const deep = "[".repeat(8000) + "]".repeat(8000);
		expect((await post(server, deep)).status).toBe(422);
		const endpoint = JSON.stringify(subscription().endpoint);
		const inside = `{"subscription": {"endpoint": ${endpoint}, "expirationTime": ${deep}}}`;
		expect((await post(server, inside)).status).toBe(201);
	});

	test("not UTF-8", async () => {
		const server = await startTestServer();
		const bytes = new Uint8Array([...new TextEncoder().encode('{"app": "'), 0xff, 0x22, 0x7d]);
		const response = await post(server, bytes);
		expect(response.status).toBe(400);
		expect(await kindOf(response)).toBe("malformed-body");
	});

	test.each([
		[undefined, "no media type"],
		["text/plain", "text"],
		["application/x-www-form-urlencoded", "a form"],
	])("%s as the media type is 415", async (type, body) => {
		const server = await startTestServer();
		const bytes = new TextEncoder().encode(body);
		const response = await post(server, bytes, type === undefined ? {} : { "Content-Type": type });
		expect(response.status).toBe(415);
		expect(await kindOf(response)).toBe("unsupported-media-type");
	});

	test("a character set beside the media type is fine", async () => {
		const server = await startTestServer();
		const type = { "Content-Type": "application/json; charset=utf-8" };
		expect((await post(server, JSON.stringify({ subscription: subscription() }), type)).status).toBe(201);
	});

	test("16 KiB are read, one byte more and 1 MB are 413, with or without a length", async () => {
		const server = await startTestServer();
		const body = JSON.stringify({ subscription: subscription() });
		expect((await post(server, body.padEnd(16 * 1024))).status).toBe(201);
		for (const size of [16 * 1024 + 1, 1_000_000]) {
			const large = body.padEnd(size);
			const stream = new Response(large).body as ReadableStream;
			const answers = [
				await post(server, large),
				await post(server, large, { ...JSON_TYPE, "Content-Length": String(size) }),
				await post(server, stream),
			];
			for (const response of answers) {
				expect(response.status).toBe(413);
				expect(await kindOf(response)).toBe("body-too-large");
			}
		}
	});

	test("each field that does not fit is listed, and its value is not repeated", async () => {
		const server = await startTestServer();
		const response = await post(
			server,
			JSON.stringify({
				app: 5,
				subscription: { endpoint: "", keys: { p256dh: ["hunter2"], auth: "a" } },
				deviceName: "x\u0000hunter2",
			}),
		);
		expect(response.status).toBe(422);
		const { errors, detail } = await response.json();
		expect(errors.map(({ path }: { path: string }) => path)).toEqual([
			"app",
			"subscription.endpoint",
			"subscription.keys.p256dh",
			"deviceName",
		]);
		expect(detail).toContain("deviceName: must not have control characters");
		expect(JSON.stringify({ errors, detail })).not.toContain("hunter2");
	});

	test("a name that no stanza could hold is refused", async () => {
		const server = await startTestServer();
		const response = await post(server, JSON.stringify({ deviceName: "x\uffff" }));
		expect((await response.json()).detail).toContain("deviceName: must not have control characters");
	});

	test("an unknown field is named, with the one that was probably meant", async () => {
		const server = await startTestServer();
		const message = async (body: object) => {
			const response = await post(server, JSON.stringify(body));
			expect(response.status).toBe(422);
			return (await response.json()).errors[0];
		};
		expect(await message({ subscription: subscription(), devicename: "Kitchen" })).toEqual({
			path: "",
			message: '"devicename" is not a field here: did you mean deviceName?',
		});
		expect(await message({ subscription: { ...subscription(), endpont: "" } })).toEqual({
			path: "subscription",
			message: '"endpont" is not a field here: did you mean endpoint?',
		});
		const other = await message({ subscription: subscription(), ["z".repeat(10_000)]: 1 });
		expect(other.message).toEndWith(
			"known are app, subscription, token, voipToken, applicationId, declarative, deviceName, classes, invite.",
		);
		expect(other.message.length).toBeLessThan(200);
	});

	test("a half pair of keys is refused by the service's own sentence", async () => {
		const server = await startTestServer();
		const given = { ...subscription(), keys: { ...subscription().keys, auth: "" } };
		const response = await post(server, JSON.stringify({ subscription: given }));
		expect(response.status).toBe(422);
		expect((await response.json()).detail).toContain("auth");
	});
});

describe("a path or method that is not there", () => {
	test.each([
		"/nothing",
		"/api/v1",
		"/api/v1/nothing",
		"/api/v2/registrations",
		"/push_appserver/v1/nothing",
		"/%ff",
	])("%s is 404", async (path) => {
		const server = await startTestServer();
		const response = await server.app.request(path);
		expect(response.status).toBe(404);
		expect(await kindOf(response)).toBe("no-such-page");
	});

	test.each([
		["GET", "/api/v1/registrations", "POST"],
		["PATCH", "/api/v1/registrations/x", "GET, HEAD, PUT, DELETE"],
		["POST", "/api/v1/services", "GET, HEAD"],
		["DELETE", "/health", "GET, HEAD"],
		["PUT", "/push_appserver/v1/push", "GET, HEAD, POST"],
	])("%s %s is 405 with Allow: %s", async (method, path, allow) => {
		const server = await startTestServer();
		const response = await server.app.request(path, { method });
		expect(response.status).toBe(405);
		expect(new Set(response.headers.get("Allow")?.split(", "))).toEqual(new Set(allow.split(", ")));
		expect(await kindOf(response)).toBe("method-not-allowed");
	});
});

describe("failures of ours", () => {
	test("a database that fails is 503 with Retry-After, and the log has its words but no token", async () => {
		const server = await startTestServer();
		const { node, secret, deviceSecret } = await server.registered();
		await server.client.execute("DROP TABLE registrations");
		const answers = [
			await server.json("POST", "/registrations", { subscription: subscription() }),
			await server.json("GET", `/registrations/${node}`, undefined, deviceSecret),
			await server.json("PUT", `/registrations/${node}`, { subscription: subscription() }, deviceSecret),
			await server.json("DELETE", `/registrations/${node}`, undefined, deviceSecret),
		];
		for (const response of answers) {
			expect(response.status).toBe(503);
			expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
			expect(await kindOf(response)).toBe("unavailable");
		}
		expect(server.logged).toHaveLength(4);
		for (const line of server.logged) {
			expect(line).toContain("no such table");
			for (const hidden of ["token-1", node, secret, deviceSecret, "BTBZ"])
				expect(line).not.toContain(hidden);
		}
	});

	test("anything else is 500, logged by its name and message, told without", async () => {
		const server = await startTestServer({ push: () => Promise.reject(new RangeError("a secret detail")) });
		const { node, deviceSecret } = await server.registered();
		const response = await server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret);
		expect(response.status).toBe(500);
		const text = await response.text();
		expect(text).toContain("internal-error");
		expect(text).not.toContain("a secret detail");
		expect(server.logged.join()).toContain("RangeError");
		expect(server.logged.join()).toContain("a secret detail");
		expect(server.logged.join()).not.toContain(node);
	});
});

describe("web clients of other origins", () => {
	test.each(["/api/v1/registrations", "/api/v1/registrations/x", "/push_appserver/v1/register"])(
		"may ask first about %s",
		async (path) => {
			const server = await startTestServer();
			const response = await server.app.request(path, {
				method: "OPTIONS",
				headers: {
					Origin: "https://client.example",
					"Access-Control-Request-Method": "PUT",
					"Access-Control-Request-Headers": "authorization, content-type",
				},
			});
			expect(response.status).toBe(204);
			expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
			expect(response.headers.get("Access-Control-Allow-Methods")).toContain("PUT");
			expect(response.headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
			expect(response.headers.has("Access-Control-Allow-Credentials")).toBe(false);
		},
	);

	test("can read what they need of answers and of problems", async () => {
		const server = await startTestServer();
		for (const body of [JSON.stringify({ subscription: subscription() }), "{"]) {
			const response = await post(server, body, { ...JSON_TYPE, Origin: "https://client.example" });
			expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
			expect(response.headers.get("Access-Control-Expose-Headers")).toContain("Location");
		}
	});

	test("get nothing beyond the two interfaces", async () => {
		const server = await startTestServer();
		for (const path of ["/", "/docs", "/ready"]) {
			const response = await server.app.request(path, { headers: { Origin: "https://client.example" } });
			expect(response.headers.has("Access-Control-Allow-Origin")).toBe(false);
		}
	});
});

describe("security headers", () => {
	test.each(["/", "/docs", "/health", "/nothing", "/api/v1/services", "/push_appserver/v1/health"])(
		"%s has them",
		async (path) => {
			const server = await startTestServer();
			const { headers } = await server.app.request(path);
			expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
			expect(headers.get("Content-Security-Policy")).toContain("default-src 'none'");
			expect(headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
			expect(headers.get("Referrer-Policy")).toBe("no-referrer");
			expect(headers.has("Strict-Transport-Security")).toBe(false);
		},
	);
});

describe("whatever is sent", () => {
	const RUNS = { numRuns: 300 };
	const SLOW_MACHINE_MS = 60_000;
	const anything = fc.oneof(
		fc.json({ maxDepth: 4 }),
		fc.string({ unit: "binary" }),
		// Most of these pass, so that what is behind the checks is tried too.
		fc
			.record(
				{
					subscription: fc.record({
						endpoint: fc.webPath().map((path) => `https://push.example${path}`),
						keys: fc.constant(subscription().keys),
					}),
					deviceName: fc.string({ unit: "grapheme", maxLength: 50 }),
				},
				{ requiredKeys: ["subscription"] },
			)
			.map((value) => JSON.stringify(value)),
		fc
			.record(
				{
					app: fc.oneof(fc.constant("webpush"), fc.string(), fc.jsonValue()),
					subscription: fc.oneof(
						fc.jsonValue(),
						fc.record(
							{
								endpoint: fc.oneof(
									fc.webUrl({ validSchemes: ["https"], withFragments: true, withQueryParameters: true }),
									fc.string({ unit: "binary" }).map((text) => `https://push.example/${text}`),
									fc.constant("https://push.example/x"),
									fc.jsonValue(),
								),
								keys: fc.oneof(
									fc.constant(subscription().keys),
									fc.record({ p256dh: fc.base64String(), auth: fc.base64String() }),
									fc.jsonValue(),
								),
								expirationTime: fc.jsonValue(),
							},
							{ requiredKeys: [] },
						),
					),
					deviceName: fc.oneof(fc.string({ unit: "binary" }), fc.constant("\ud800"), fc.jsonValue()),
				},
				{ requiredKeys: [] },
			)
			.map((value) => JSON.stringify(value)),
	);

	test(
		"to the JSON API is registered or refused, and nothing is our fault",
		async () => {
			const server = await startTestServer();
			const { node, deviceSecret } = await server.registered();
			const statuses = new Map<number, number>();
			await fc.assert(
				fc.asyncProperty(anything, async (body) => {
					for (const response of [
						await post(server, body),
						await server.json("PUT", `/registrations/${node}`, body, deviceSecret),
					]) {
						expect([200, 201, 400, 422]).toContain(response.status);
						statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
					}
				}),
				RUNS,
			);
			expect(server.logged).toEqual([]);
			for (const status of [200, 201, 400, 422]) expect(statuses.get(status)).toBeGreaterThan(0);
		},
		SLOW_MACHINE_MS,
	);

	test(
		"as bytes of any media type is refused without a fault",
		async () => {
			const server = await startTestServer();
			const types = fc.constantFrom(
				"application/json",
				"text/plain",
				"multipart/form-data",
				"application/x-json",
				"",
			);
			await fc.assert(
				fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), types, async (bytes, type) => {
					const headers = type ? { "Content-Type": type } : {};
					expect((await post(server, new Uint8Array(bytes), headers)).status).toBeOneOf([400, 415, 422]);
				}),
				RUNS,
			);
			expect(server.logged).toEqual([]);
		},
		SLOW_MACHINE_MS,
	);

	test(
		"to the form API is answered in its lines",
		async () => {
			const server = await startTestServer();
			const value = fc.oneof(
				fc.string({ unit: "binary" }),
				fc.constantFrom("webpush", "https://push.example/x", "x", subscription().keys.auth),
			);
			const form = fc
				.record(
					{ type: value, node: value, token: value, secret: value, p256dh: value, auth: value },
					{ requiredKeys: [] },
				)
				.map((fields) => new URLSearchParams(fields).toString());
			await fc.assert(
				fc.asyncProperty(
					fc.constantFrom("register", "unregister", "push"),
					fc.oneof(form, fc.string({ unit: "binary" })),
					async (name, body) => {
						const response = await server.app.request(`/push_appserver/v1/${name}`, { method: "POST", body });
						expect(response.status).toBeOneOf([200, 400]);
						expect(await response.text()).toMatch(/^(OK\n[\w-]{27}\n[\w-]{43}|ERROR\n[^\n]+)$/);
					},
				),
				RUNS,
			);
			expect(server.logged).toEqual([]);
		},
		SLOW_MACHINE_MS,
	);

	test(
		"as node and secret is a 404 like any other",
		async () => {
			const server = await startTestServer();
			const readable = fc.string({ minLength: 1 }).filter((text) => text.trim() !== "");
			await fc.assert(
				fc.asyncProperty(fc.string({ minLength: 1, unit: "binary" }), readable, async (node, secret) => {
					const path = `/api/v1/registrations/${encodeURIComponent(node)}`;
					const headers = { Authorization: `Bearer ${secret}` };
					expect((await server.app.request(path, { headers })).status).toBeOneOf([401, 404]);
				}),
				RUNS,
			);
		},
		SLOW_MACHINE_MS,
	);
});
