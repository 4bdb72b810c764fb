/** Registering in masses, and guessing: what one network, however large, can do to the rest. */
import { afterEach, describe, expect, test } from "bun:test";
import { createBuckets, KEPT_BUCKETS } from "../../src/limits/token-buckets.ts";
import { siteOf } from "../../src/routes/guards/client-address.ts";
import { SITE_WRITES, WRITES } from "../../src/routes/guards/rate-limit.ts";
import { seen, startTestServer, subscription, type TestServer } from "../routes/routes-fixture.ts";

let server: TestServer | undefined;
afterEach(async () => {
	await server?.close();
	server = undefined;
});

const hex = (number: number) => number.toString(16);

describe("a flood of registrations", () => {
	test("from ever new networks of one IPv6 /48 is slowed down as a whole, and others are not", async () => {
		server = await startTestServer();
		const { state, json } = server;
		const post = async () => (await json("POST", "/registrations", "{")).status;
		for (let network = 0; network < SITE_WRITES.burst; network++) {
			state.peer = `2001:db8:1:${hex(network)}::1`;
			expect(await post()).toBe(400);
		}
		state.peer = "2001:db8:1:ffff::1";
		expect(await post()).toBe(429);
		state.peer = "2001:db8:2::1";
		expect(await post()).toBe(400);
		state.now += 1_000;
		state.peer = "2001:db8:1:fffe::1";
		expect(await post()).toBe(400);
	});

	test("of one network takes nothing from its neighbours in the same /48", async () => {
		server = await startTestServer();
		const { state, json } = server;
		state.peer = "2001:db8:1:1::1";
		for (let count = 0; count < 2 * SITE_WRITES.burst; count++) await json("POST", "/registrations", "{");
		state.peer = "2001:db8:1:2::1";
		for (let count = 0; count < WRITES.burst; count++)
			expect((await json("POST", "/registrations", "{")).status).toBe(400);
	});

	test("is counted by the network, whatever addresses of it and whatever headers are used", async () => {
		server = await startTestServer({}, { address: 3 });
		const { state, app } = server;
		const statuses: number[] = [];
		for (let count = 0; count < 5; count++) {
			state.peer = `2001:db8::${hex(count + 1)}:1`;
			const answer = await app.request("/api/v1/registrations", {
				method: "POST",
				headers: {
					"Content-Type": "application/json",
					"X-Forwarded-For": `198.51.100.${count}`,
					Forwarded: `for=198.51.100.${count}`,
					"X-Real-IP": `198.51.100.${count}`,
					"CF-Connecting-IP": `198.51.100.${count}`,
				},
				body: JSON.stringify({ subscription: subscription(`https://push.example/${count}`) }),
			});
			statuses.push(answer.status);
		}
		expect(statuses).toEqual([201, 201, 201, 429, 429]);
		expect(await server.rows()).toHaveLength(3);
	});
});

test.each([
	["203.0.113.9", undefined],
	["2001:db8:1:2::/64", "2001:db8:1::/48"],
	["fe80::/64", "fe80::/48"],
])("the site of %s is %s", (network, site) => {
	expect(siteOf(network)).toBe(site as string);
});

test("a million names leave no more buckets than are kept, and who is watched stays so", () => {
	const buckets = createBuckets({ burst: 1, perSecond: 0.001 }, () => 0);
	buckets.take("mallory");
	Bun.gc(true);
	const before = process.memoryUsage().heapUsed;
	for (let count = 0; count < 1_000_000; count++) {
		buckets.take(`network ${count}`);
		if (count % (KEPT_BUCKETS / 2) === 0) expect(buckets.take("mallory")).toBeGreaterThan(0);
	}
	Bun.gc(true);
	expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
});

describe("guessing", () => {
	const guess = "A".repeat(43);
	const requests = [
		["GET", ""],
		["PUT", ""],
		["DELETE", ""],
		["POST", "/test"],
	] as const;

	test.each(requests)(
		"%s …%s: a wrong secret and an unknown node get the same bytes, and no database is asked",
		async (method, path) => {
			server = await startTestServer();
			const made = await server.registered();
			const nobody = server.keyring.createNode();
			const asked: unknown[] = [];
			const { client } = server;
			for (const name of ["execute", "batch", "transaction", "executeMultiple"] as const) {
				const real = client[name].bind(client) as (...given: unknown[]) => unknown;
				Object.assign(client, {
					[name]: (...given: unknown[]) => {
						asked.push(given);
						return real(...given);
					},
				});
			}
			const wrong = await seen(server.json(method, `/registrations/${made.node}${path}`, {}, guess));
			const unknown = await seen(server.json(method, `/registrations/${nobody}${path}`, {}, guess));
			expect(wrong.status).toBe(404);
			expect(unknown).toEqual(wrong);
			expect(asked).toEqual([]);
			// The counting counts: with the secret there is a question.
			await server.json("GET", `/registrations/${made.node}`, undefined, made.deviceSecret);
			expect(asked.length).toBeGreaterThan(0);
		},
	);

	test("over the form: a wrong secret and an unknown node get the same bytes", async () => {
		server = await startTestServer();
		const made = await server.registered();
		const nobody = server.keyring.createNode();
		const push = (node: string) => seen((server as TestServer).form("push", { node, secret: guess }));
		const [wrong, unknown] = [await push(made.node), await push(nobody)];
		expect({ ...unknown, body: unknown.body.replace(nobody, "N") }).toEqual({
			...wrong,
			body: wrong.body.replace(made.node, "N"),
		});
		expect(server.pushed).toEqual([]);
	});

	test("the ADMIN_TOKEN: what begins right is as wrong as what does not", async () => {
		const adminToken = "an operator's token of some length";
		server = await startTestServer({
			adminToken,
			scrape: async () => ({ contentType: "text/plain", text: "" }),
		});
		const { app } = server;
		const ask = (token: string) =>
			seen(app.request("/metrics", { headers: { Authorization: `Bearer ${token}` } }));
		const wrong = await ask("x");
		expect(wrong.status).toBe(401);
		for (const token of [
			adminToken.slice(0, -1),
			`${adminToken}x`,
			adminToken.toUpperCase(),
			"a".repeat(10_000),
		])
			expect(await ask(token)).toEqual(wrong);
		expect((await ask(adminToken)).status).toBe(200);
	});
});
