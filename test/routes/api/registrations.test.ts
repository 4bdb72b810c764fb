import { afterEach, describe, expect, test } from "bun:test";
import { createKeyring } from "../../../src/secrets.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import {
	anyHost,
	askingFor,
	devices,
	seen,
	startTestServer as start,
	subscription,
	type TestServer,
} from "../routes-fixture.ts";

const servers: TestServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.close();
});
async function startTestServer(...given: Parameters<typeof start>) {
	const server = await start(...given);
	servers.push(server);
	return server;
}

async function problem(response: Response | Promise<Response>) {
	const given = await response;
	expect(given.headers.get("Content-Type")).toBe("application/problem+json");
	const body = await given.json();
	expect(body.status).toBe(given.status);
	return { ...body, kind: body.type.replace("/docs#problem-", "") };
}

const two = [
	{ name: "first", service: "webpush" as const },
	{ name: "second", service: "webpush" as const },
];

describe("registering", () => {
	test("answers with everything that XEP-0357's <enable/> needs, and where the registration is", async () => {
		const server = await startTestServer();
		const response = await server.json("POST", "/registrations", {
			subscription: subscription(),
			deviceName: " Kitchen ",
		});
		expect(response.status).toBe(201);
		const body = await response.json();
		expect(body).toEqual({
			jid: "push@example.net/push",
			node: expect.stringMatching(/^[\w-]{27}$/),
			secret: expect.stringMatching(/^[\w-]{43}$/),
			deviceSecret: expect.stringMatching(/^[\w-]{43}$/),
			app: "webpush",
			deviceName: "Kitchen",
		});
		expect(response.headers.get("Location")).toBe(`/api/v1/registrations/${body.node}`);
		expect(response.headers.get("Cache-Control")).toBe("no-store");
		expect(await server.keyring.verify(body.node, body.secret)).toBe("ok");
		expect(await server.keyring.verifyDevice(body.node, body.deviceSecret)).toBe("ok");
		expect(await server.registrations.find(body.node)).toMatchObject({
			owner: "",
			token: "https://push.example/token-1",
			p256dh: subscription().keys.p256dh,
			auth: subscription().keys.auth,
		});
	});

	test("answers with the URL that Push 2.0 knows it by, where there is a PUBLIC_URL and the address takes a secret", async () => {
		const server = await startTestServer({ publicUrl: "https://push.example.net" });
		const { node, secret, push2 } = (await server.registered()) as Record<string, string>;
		expect(push2).toBe(`https://push.example.net/push2/${node}.${secret}`);
		const behindHost = await startTestServer({
			publicUrl: "https://push.example.net",
			pushAddress: "pubsub.example.net",
			nodes: { isPubsubHost: () => true, isAt: async () => true, create: async () => node ?? "" },
		});
		expect(await behindHost.registered()).not.toHaveProperty("push2");
	});

	test("each call makes a new registration, since nobody may name a device", async () => {
		const server = await startTestServer();
		const [one, other] = [await server.registered(), await server.registered()];
		expect(one.node).not.toBe(other.node);
		expect(await server.rows()).toHaveLength(2);
	});

	test("a subscription without keys will do: its pushes only wake", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered({
			subscription: { endpoint: "https://push.example/1" },
		});
		expect(
			await (await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).json(),
		).toMatchObject({
			encrypted: false,
		});
	});

	test("the client's address is kept only as a keyed hash, of the /64 for IPv6", async () => {
		const server = await startTestServer();
		for (const peer of [
			"2001:db8::1",
			"2001:db8::ffff:2",
			"2001:db8:0:1::1",
			"192.0.2.7",
			"::ffff:192.0.2.7",
		]) {
			server.state.peer = peer;
			await server.registered();
		}
		const [one, same, other, four, mapped] = (await server.rows()).map((row) => row.address);
		expect(one).toBe(await server.keyring.conceal("2001:db8::/64"));
		expect(same).toBe(one as string);
		expect(other).not.toBe(one as string);
		expect(mapped).toBe(four as string);
	});

	test("with several apps and none named, the problem lists them", async () => {
		const server = await startTestServer({ apps: two });
		const body = { subscription: subscription() };
		expect(await problem(server.json("POST", "/registrations", body))).toMatchObject({
			kind: "choose-app",
			status: 422,
			apps: ["first", "second"],
		});
		expect((await server.registered({ ...body, app: "second" })).app).toBe("second");
		expect(await problem(server.json("POST", "/registrations", { ...body, app: "third" }))).toMatchObject({
			kind: "unknown-app",
			status: 422,
			apps: ["first", "second"],
		});
	});

	test("without a push address it says which settings the operator has to make", async () => {
		const server = await startTestServer({ pushAddress: undefined });
		const answer = await problem(server.json("POST", "/registrations", { subscription: subscription() }));
		expect(answer).toMatchObject({ kind: "not-configured", status: 503 });
		for (const setting of ["XMPP_SERVICE", "XMPP_USERNAME", "XMPP_PASSWORD", "XMPP_ADDRESS"]) {
			expect(answer.detail).toContain(setting);
			expect(answer.settings).toContain(setting);
		}
	});

	test("an app whose service is not set up says so", async () => {
		const server = await startTestServer({ services: new Map() });
		expect(
			await problem(server.json("POST", "/registrations", { subscription: subscription() })),
		).toMatchObject({
			kind: "not-configured",
		});
		const none = await startTestServer({ apps: [] });
		expect(
			await problem(none.json("POST", "/registrations", { subscription: subscription() })),
		).toMatchObject({
			kind: "not-configured",
		});
	});

	test.each([
		["private address", "https://127.0.0.1/x"],
		["plain http", "http://push.example/x"],
		["another host", "https://elsewhere.net/x"],
		["no URL", "nonsense"],
		["a user name", "https://user:hunter2@push.example/x"],
	])(
		"an endpoint with %s is refused by the service's own sentence, and nothing is stored",
		async (_, endpoint) => {
			const server = await startTestServer();
			const answer = await problem(
				server.json("POST", "/registrations", { subscription: subscription(endpoint) }),
			);
			expect(answer).toMatchObject({ kind: "invalid-fields", status: 422 });
			expect(answer.errors[0].path).toBe("subscription.endpoint");
			expect(JSON.stringify(answer)).not.toContain("hunter2");
			expect(await server.rows()).toHaveLength(0);
		},
	);
});

test.each([
	[
		{ subscription: { ...subscription(), keys: { ...subscription().keys, p256dh: "AAAA" } } },
		"subscription.keys.p256dh",
	],
	[
		{ subscription: { ...subscription(), keys: { ...subscription().keys, auth: "AAAA" } } },
		"subscription.keys.auth",
	],
	[
		{ subscription: subscription(), declarative: { title: "Chat", navigate: "http://chat.example/" } },
		"declarative.navigate",
	],
	[
		{
			subscription: subscription(),
			declarative: { title: "ü".repeat(200), navigate: "https://chat.example/" },
		},
		"declarative.title",
	],
	[{ app: "webpush", token: "nonsense" }, "token"],
	[{ app: "apns", token: "nonsense" }, "token"],
	[{ app: "apns", token: "abcd", voipToken: "nonsense" }, "voipToken"],
	[{ app: "apns", subscription: subscription() }, "subscription.keys.p256dh"],
	[{ app: "ubuntu", token: "abcd" }, "applicationId"],
])("a device that its push service refuses is told by which field: %#", async (body, path) => {
	const server = await startTestServer(devices);
	const answer = await problem(server.json("POST", "/registrations", body));
	expect(answer).toMatchObject({ kind: "invalid-fields", status: 422, errors: [{ path }] });
	expect(answer.detail).toBe(answer.errors[0].message);
});

test.each([
	[{ subscription: {} }, "subscription.endpoint: must be there"],
	[{ subscription: 5 }, "subscription: must be an object, not a number"],
	[{ subscription: subscription(), declarative: { title: "Chat" } }, "declarative.navigate: must be there"],
	[{ token: "" }, "token: must not be empty"],
	[{ token: "x".repeat(10_000) }, "token: must have at most 4096 characters"],
	[[], "The body must be an object, not a list"],
])("a body that does not fit is refused in plain words: %#", async (body, detail) => {
	const server = await startTestServer();
	const answer = await problem(server.json("POST", "/registrations", body));
	expect(answer).toMatchObject({ kind: "invalid-fields", detail: expect.stringContaining(detail) });
});

describe("a registration token", () => {
	const token = "a registration token of thirty-two characters";
	const mode = { registration: askingFor(token) };

	test("is asked for, saying where the operator finds it", async () => {
		const server = await startTestServer(mode);
		for (const wrong of [undefined, "wrong", `${token}x`, token.slice(1)]) {
			const response = await server.json("POST", "/registrations", { subscription: subscription() }, wrong);
			expect(response.headers.get("WWW-Authenticate")).toStartWith("Bearer");
			const answer = await problem(response);
			expect(answer).toMatchObject({ kind: "registration-token-needed", status: 401 });
			expect(answer.detail).toContain("REGISTRATION_TOKEN");
			expect(answer.detail).toContain("reveille token");
			expect(JSON.stringify(answer)).not.toContain(token);
		}
		expect(await server.rows()).toHaveLength(0);
	});

	test("lets register; what is registered needs its own secret, not the token", async () => {
		const server = await startTestServer(mode);
		const response = await server.json("POST", "/registrations", { subscription: subscription() }, token);
		expect(response.status).toBe(201);
		const { node, deviceSecret } = await response.json();
		expect((await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).status).toBe(200);
		expect((await server.json("GET", `/registrations/${node}`, undefined, token)).status).toBe(404);
	});

	test("is asked for before the body is looked at", async () => {
		const server = await startTestServer(mode);
		expect((await problem(server.json("POST", "/registrations", "{"))).kind).toBe(
			"registration-token-needed",
		);
	});
});

describe("quotas", () => {
	test("of one client address: named, and another address may still register", async () => {
		const server = await startTestServer({}, { address: 2 });
		server.state.peer = "2001:db8::1";
		await server.registered();
		await server.registered();
		server.state.peer = "2001:db8::2";
		const answer = await problem(server.json("POST", "/registrations", { subscription: subscription() }));
		expect(answer).toMatchObject({ kind: "over-quota", status: 429, quota: "address" });
		expect(answer.detail).toContain("MAX_REGISTRATIONS_PER_ADDRESS");
		server.state.peer = "2001:db8:0:1::1";
		await server.registered();
	});

	/** Under `*` a name must be one that can resolve. */
	const somewhere = { subscription: subscription("https://push.example.net/1") };

	test("of one push service host, also when a registration is renewed to it", async () => {
		const server = await startTestServer({ services: anyHost }, { host: 1 });
		server.state.peer = "192.0.2.1";
		await server.registered(somewhere);
		server.state.peer = "198.51.100.1";
		expect(await problem(server.json("POST", "/registrations", somewhere))).toMatchObject({
			kind: "over-quota",
			quota: "host",
		});
		const elsewhere = await server.registered({ subscription: subscription("https://other.example.org/1") });
		const moved = await server.json(
			"PUT",
			`/registrations/${elsewhere.node}`,
			{ subscription: subscription("https://push.example.net/2") },
			elsewhere.deviceSecret,
		);
		expect(await problem(moved)).toMatchObject({ kind: "over-quota", quota: "host" });
	});

	test("of one push service host for the networks of one /24: another may still register", async () => {
		const server = await startTestServer({ services: anyHost }, { host: 20 });
		const register = (peer: string) => {
			server.state.peer = peer;
			return server.json("POST", "/registrations", somewhere);
		};
		for (const peer of ["192.0.2.1", "192.0.2.2"]) expect((await register(peer)).status).toBe(201);
		const refused = await problem(register("192.0.2.3"));
		expect(refused).toMatchObject({ kind: "over-quota", status: 429, quota: "share" });
		expect(refused.detail).toContain("MAX_REGISTRATIONS_PER_HOST");
		expect((await register("198.51.100.1")).status).toBe(201);
	});

	test("of one push service host do not hold where the operator named it", async () => {
		const server = await startTestServer({}, { host: 1 });
		server.state.peer = "192.0.2.1";
		for (let count = 0; count < 3; count++) await server.registered();
	});
});

test("a nearly full disk takes nothing new for now, and renewals go on", async () => {
	let mayAdd = true;
	const { db } = (await startTestServer()) as TestServer;
	const registrations = createRegistrations(
		db,
		{ owner: 9, address: 9, host: 9 },
		{ mayGrow: async () => mayAdd },
	);
	const server = await startTestServer({ registrations });
	const { node, deviceSecret } = await server.registered();
	mayAdd = false;
	const refused = await server.json("POST", "/registrations", { subscription: subscription() });
	expect(refused.status).toBe(503);
	expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
	expect(await problem(refused)).toMatchObject({
		kind: "unavailable",
		detail: expect.stringContaining("nearly full"),
	});
	const form = await server.form("register", { type: "webpush", node: "x", token: subscription().endpoint });
	expect([form.status, (await form.text()).split("\n")[0]]).toEqual([503, "ERROR"]);
	const renewed = await server.json(
		"PUT",
		`/registrations/${node}`,
		{ subscription: subscription() },
		deviceSecret,
	);
	expect(renewed.status).toBe(200);
});

describe("looking up", () => {
	test("shows what the device may know, with the token masked", async () => {
		const server = await startTestServer();
		const made = await server.registered({ subscription: subscription(), deviceName: "Kitchen" });
		const { node, secret, deviceSecret } = made;
		server.state.now += 1000;
		await server.registrations.record([{ node, at: server.state.now, error: "429 too many requests" }], []);
		await server.registrations.record([{ node, at: server.state.now }], []);
		const response = await server.json("GET", `/registrations/${node}`, undefined, deviceSecret);
		const text = await response.text();
		expect(JSON.parse(text)).toEqual({
			jid: "push@example.net/push",
			node,
			app: "webpush",
			deviceName: "Kitchen",
			token: "push.example…en-1",
			encrypted: true,
			registeredAt: new Date(server.state.now - 1000).toISOString(),
			renewedAt: new Date(server.state.now - 1000).toISOString(),
			lastSuccessAt: new Date(server.state.now).toISOString(),
			lastErrorAt: new Date(server.state.now).toISOString(),
			lastError: "429 too many requests",
		});
		for (const hidden of [secret, deviceSecret, "/token-1", subscription().keys.auth])
			expect(text).not.toContain(hidden);
	});

	test("does not repeat an error that could hold an address or a token", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		await server.registrations.record(
			[{ node, at: 1, error: "no route to https://push.example/token-1" }],
			[],
		);
		const body = await (await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).json();
		expect(body.lastError).toBe("the push could be neither sent nor kept");
	});
});

describe("renewing", () => {
	test("keeps node and secrets, takes another subscription and name", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		server.state.now += 5000;
		const response = await server.json(
			"PUT",
			`/registrations/${node}`,
			{ subscription: subscription("https://other.example/token-2"), deviceName: "Hall" },
			deviceSecret,
		);
		expect(response.status).toBe(200);
		const body = await response.json();
		expect(body).toMatchObject({
			node,
			token: "other.example…en-2",
			deviceName: "Hall",
			renewedAt: new Date(server.state.now).toISOString(),
		});
		for (const name of ["secret", "deviceSecret"]) expect(body).not.toHaveProperty(name);
		expect(await server.registrations.find(node)).toMatchObject({ token: "https://other.example/token-2" });
		expect(await server.rows()).toHaveLength(1);
	});

	test("keeps the classes that were asked for, and takes others", async () => {
		const server = await startTestServer();
		const made = await server.registered({ subscription: subscription(), classes: ["high", "low", "high"] });
		expect(made).toMatchObject({ classes: ["high", "low"] });
		const { node, deviceSecret } = made;
		const ask = async (method: string, body?: object) =>
			(await server.json(method, `/registrations/${node}`, body, deviceSecret)).json();
		expect((await ask("GET")).classes).toEqual(["high", "low"]);
		expect((await ask("PUT", { subscription: subscription() })).classes).toEqual(["high", "low"]);
		const others = { subscription: subscription(), classes: ["voip", "high"] };
		expect((await ask("PUT", others)).classes).toEqual(["voip", "high"]);
		expect((await server.registrations.find(node))?.classes).toEqual(["voip", "high"]);
	});

	test("keeps what a browser is to show by itself, and takes another", async () => {
		const server = await startTestServer();
		const declarative = { title: "New message", navigate: "https://chat.example/" };
		const { node, deviceSecret } = await server.registered({ subscription: subscription(), declarative });
		const ask = async (method: string, body?: object) =>
			(await server.json(method, `/registrations/${node}`, body, deviceSecret)).json();
		expect((await ask("GET")).declarative).toEqual(declarative);
		expect((await ask("PUT", { subscription: subscription() })).declarative).toEqual(declarative);
		const another = { title: "Neue Nachricht", navigate: "https://chat.example/de" };
		const renewed = await ask("PUT", { subscription: subscription(), declarative: another });
		expect(renewed.declarative).toEqual(another);
		expect(await server.registrations.find(node)).toMatchObject(another);
	});

	test.each([
		[["high", "event"], "classes.1: must be one of voip, high, low"],
		[["High"], "classes.0: must be one of voip, high, low"],
		[[], "classes: must name at least one class"],
		["low", "classes: must be a list, not text"],
	])("takes no classes that there are not: %j", async (classes, detail) => {
		const server = await startTestServer();
		const body = { subscription: subscription(), classes };
		const { node, deviceSecret } = await server.registered();
		for (const answer of [
			server.json("POST", "/registrations", body),
			server.json("PUT", `/registrations/${node}`, body, deviceSecret),
		])
			expect(await problem(answer)).toMatchObject({ kind: "invalid-fields", status: 422, detail });
		expect(await server.rows()).toHaveLength(1);
	});

	test("survives a verdict about a send that started before it", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		const body = { subscription: subscription() };
		const sendStarted = server.state.now;
		expect((await server.json("PUT", `/registrations/${node}`, body, deviceSecret)).status).toBe(200);
		expect(await server.registrations.forget(node, body.subscription.endpoint, sendStarted)).toBe(false);
		expect((await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).status).toBe(200);
	});

	test("brings nothing back that is gone", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		await server.registrations.remove(node);
		const body = { subscription: subscription() };
		expect((await problem(server.json("PUT", `/registrations/${node}`, body, deviceSecret))).kind).toBe(
			"gone",
		);
		expect(await server.rows()).toHaveLength(0);
	});

	test("a registration whose app is no longer served is told so", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		await server.client.execute("UPDATE registrations SET app = 'old'");
		const body = { subscription: subscription() };
		expect((await problem(server.json("PUT", `/registrations/${node}`, body, deviceSecret))).kind).toBe(
			"not-configured",
		);
	});
});

describe("ending", () => {
	test("is for good", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		const removed = await server.json("DELETE", `/registrations/${node}`, undefined, deviceSecret);
		expect(removed.status).toBe(204);
		expect(await removed.text()).toBe("");
		expect(await server.rows()).toHaveLength(0);
	});

	test.each([
		["by its device", undefined],
		["by its owner, or its push service", "elsewhere"],
	])("%s: 410 for whoever has its secret, on every route", async (_, where) => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		if (where) await server.registrations.remove(node);
		else await server.json("DELETE", `/registrations/${node}`, undefined, deviceSecret);
		server.state.answer = { kind: "unknown", reason: "no such registration" };
		const body = { subscription: subscription() };
		const answers = [
			await problem(server.json("GET", `/registrations/${node}`, undefined, deviceSecret)),
			await problem(server.json("PUT", `/registrations/${node}`, body, deviceSecret)),
			await problem(server.json("DELETE", `/registrations/${node}`, undefined, deviceSecret)),
			await problem(server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret)),
		];
		for (const answer of answers) expect(answer).toEqual(answers[0] as (typeof answers)[0]);
		expect(answers[0]).toMatchObject({ kind: "gone", status: 410 });
		expect(answers[0]?.detail).toContain("register again");
		expect(await server.rows()).toHaveLength(0);
	});

	test("shows nobody else that there was one", async () => {
		const server = await startTestServer();
		const { node, deviceSecret, secret } = await server.registered();
		await server.json("DELETE", `/registrations/${node}`, undefined, deviceSecret);
		for (const other of ["wrong", secret]) {
			const answer = await problem(server.json("GET", `/registrations/${node}`, undefined, other));
			expect(answer).toMatchObject({ kind: "no-such-registration", status: 404 });
		}
	});
});

describe("a test push", () => {
	test.each(["delivered", "queued", "superseded", "skipped"] as const)("that is %s says so", async (how) => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		server.state.answer = { kind: "done", how };
		const response = await server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret);
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ result: how });
		expect(server.pushed).toEqual([{ node, notification: { class: "high", body: "Test" } }]);
	});

	test("to a subscription that ended says that it is gone", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		server.state.answer = { kind: "unknown", reason: "410 https://push.example/token-1" };
		const answer = await problem(server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret));
		expect(answer).toMatchObject({ kind: "gone", status: 410 });
		expect(JSON.stringify(answer)).not.toContain("token-1");
	});

	test("that cannot be sent now gives the reason, but no address", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await server.registered();
		server.state.answer = { kind: "wait", reason: "the disk is full" };
		const response = await server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret);
		expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
		expect(await problem(response)).toMatchObject({ status: 503, detail: "Not now: the disk is full." });
		for (const reason of ["cannot reach https://push.example/token-1", `token ${"x".repeat(40)} refused`]) {
			server.state.answer = { kind: "wait", reason };
			const hidden = await problem(
				server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret),
			);
			expect(hidden.detail).toBe("Not now: the push could be neither sent nor kept.");
		}
	});
});

describe("whose registration it is", () => {
	const routes = [
		["GET", "", undefined],
		["PUT", "", { subscription: subscription("https://push.example/attacker") }],
		["DELETE", "", undefined],
		["POST", "/test", undefined],
	] as const;

	test.each(routes)("%s %s: without a secret 401", async (method, path, body) => {
		const server = await startTestServer();
		const { node } = await server.registered();
		const response = await server.json(method, `/registrations/${node}${path}`, body);
		expect(response.headers.get("WWW-Authenticate")).toStartWith("Bearer");
		expect((await problem(response)).kind).toBe("secret-needed");
	});

	test.each(routes)(
		"%s %s: a wrong secret and an unknown node are answered alike",
		async (method, path, body) => {
			const server = await startTestServer();
			const { node } = await server.registered();
			const other = await server.registered();
			const stranger = server.keyring.createNode();
			const before = await server.rows();
			const answers = [
				await seen(server.json(method, `/registrations/${node}${path}`, body, other.deviceSecret)),
				await seen(server.json(method, `/registrations/${node}${path}`, body, "x")),
				await seen(server.json(method, `/registrations/${stranger}${path}`, body, other.deviceSecret)),
				await seen(server.json(method, `/registrations/nonsense${path}`, body, other.deviceSecret)),
			];
			for (const answer of answers) expect(answer).toEqual(answers[0] as (typeof answers)[0]);
			expect(answers[0]?.status).toBe(404);
			expect(server.pushed).toEqual([]);
			expect(await server.rows()).toEqual(before);
		},
	);

	test("a wrong secret costs no look at the database", async () => {
		const server = await startTestServer();
		const { node } = await server.registered();
		await server.close();
		servers.length = 0;
		expect((await server.json("GET", `/registrations/${node}`, undefined, "wrong")).status).toBe(404);
	});

	test("a secret made with a key that is gone can be proven no more: the client is told to register again", async () => {
		const server = await startTestServer();
		const stranger = await createKeyring("a key that this server was not given, of any length");
		const node = stranger.createNode();
		const response = await server.json(
			"GET",
			`/registrations/${node}`,
			undefined,
			await stranger.deviceSecretOf(node),
		);
		const answer = await problem(response);
		expect(answer).toMatchObject({ kind: "gone", status: 410 });
		expect(answer.detail).toContain("register again");
	});

	test("a registration made with an older key is still looked after", async () => {
		const old = await createKeyring("an older key of at least thirty-two characters");
		const server = await startTestServer();
		const made = await server.registrations.register(
			{ owner: "", app: "webpush", device: "d", token: "https://push.example/old" },
			() => old.createNode(),
		);
		if (!("registration" in made)) throw new Error(made.kind);
		const { node } = made.registration;
		expect(
			(await server.json("GET", `/registrations/${node}`, undefined, await old.deviceSecretOf(node))).status,
		).toBe(200);
	});
});

test("GET /services tells a client where to publish and what to subscribe with", async () => {
	const server = await startTestServer();
	const response = await server.json("GET", "/services");
	expect(response.status).toBe(200);
	expect(await response.json()).toEqual({
		jid: "push@example.net/push",
		apps: [{ name: "webpush", service: "webpush", vapidPublicKey: expect.stringMatching(/^[\w-]{87}$/) }],
		registration: "open",
	});
	const bare = await startTestServer({ pushAddress: undefined, apps: two });
	expect(await (await bare.json("GET", "/services")).json()).toEqual({ apps: two, registration: "open" });
});
