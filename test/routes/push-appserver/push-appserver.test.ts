import { afterEach, describe, expect, test } from "bun:test";
import { createKeyring } from "../../../src/secrets.ts";
import {
	anyHost,
	askingFor,
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

const DEVICE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const TOKEN = "https://push.example/token-1";
const OTHER_TOKEN = "https://push.example/token-2";
const fields = { type: "webpush", node: DEVICE, token: TOKEN };

async function text(response: Response | Promise<Response>, status = 200) {
	const given = await response;
	expect(given.status).toBe(status);
	expect(given.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
	return given.text();
}

async function registered(server: TestServer, changes: Record<string, string> = {}) {
	const [ok, node, secret, ...rest] = (await text(server.form("register", { ...fields, ...changes }))).split(
		"\n",
	);
	expect(ok).toBe("OK");
	expect(rest).toEqual([]);
	return { node: node as string, secret: secret as string };
}

describe("register", () => {
	test("answers three lines and no newline at the end: OK, node, secret", async () => {
		const server = await startTestServer();
		const answer = await text(server.form("register", fields));
		expect(answer).toMatch(/^OK\n[\w-]{27}\n[\w-]{43}$/);
		const [, node, secret] = answer.split("\n") as [string, string, string];
		expect(await server.keyring.verify(node, secret)).toBe("ok");
		expect(await server.registrations.find(node)).toMatchObject({ owner: "", app: "webpush", token: TOKEN });
	});

	test.each(["mozilla", "webpush", "unifiedpush"])(
		"type %s is Web Push, with keys if they come",
		async (type) => {
			const server = await startTestServer();
			const { node } = await registered(server, { type, ...subscription().keys });
			expect(await server.registrations.find(node)).toMatchObject(subscription().keys);
			expect(await registered(server, { type: "webpush" })).toMatchObject({ node });
		},
	);

	test("goes to the service's first app", async () => {
		const server = await startTestServer({
			apps: [
				{ name: "first", service: "webpush" },
				{ name: "second", service: "webpush" },
			],
		});
		expect((await server.registrations.find((await registered(server)).node))?.app).toBe("first");
	});

	test.each(["apns", "fcm", "gcm", "WEBPUSH", "__proto__", "constructor"])(
		"type %s is refused, saying which there are",
		async (type) => {
			const server = await startTestServer();
			const answer = await text(server.form("register", { ...fields, type }));
			expect(answer).toStartWith("ERROR\n");
			expect(answer).toContain("webpush");
			expect(await server.rows()).toHaveLength(0);
		},
	);

	test.each([
		["https://10.0.0.1/x", "public internet"],
		["https://elsewhere.net/x", "elsewhere.net"],
		["nonsense", "not a URL"],
	])("token %s is refused by the service's own sentence", async (token, words) => {
		const server = await startTestServer();
		const answer = await text(server.form("register", { ...fields, token }));
		expect(answer).toStartWith("ERROR\n");
		expect(answer).toContain(words);
	});

	test("two at once of one device give one row and one answer", async () => {
		const server = await startTestServer();
		const answers = await Promise.all(Array.from({ length: 10 }, () => registered(server)));
		expect(new Set(answers.map(({ node, secret }) => node + secret)).size).toBe(1);
		expect(await server.rows()).toHaveLength(1);
	});

	test("without a push address it says what to set", async () => {
		const server = await startTestServer({ pushAddress: undefined });
		expect(await text(server.form("register", fields), 503)).toMatch(/^ERROR\n.*XMPP_SERVICE/);
	});

	test("over quota it names the setting", async () => {
		const server = await startTestServer({ services: anyHost }, { host: 1 });
		// Under `*` a name must be one that can resolve.
		const [token, other] = ["https://push.example.net/1", "https://push.example.net/2"];
		await registered(server, { token });
		expect(await text(server.form("register", { ...fields, token: other }), 429)).toMatch(
			/^ERROR\n.*MAX_REGISTRATIONS_PER_HOST/,
		);
		await registered(server, { token });
	});

	test("a registration token is asked for where one is needed", async () => {
		const token = "a registration token of thirty-two characters";
		const server = await startTestServer({ registration: askingFor(token) });
		expect(await text(server.form("register", fields), 403)).toMatch(/^ERROR\n.*REGISTRATION_TOKEN/);
		const right = await server.form("register", fields, { Authorization: `Bearer ${token}` });
		expect(await text(right)).toStartWith("OK\n");
	});
});

describe("nobody takes a registration over", () => {
	test("the same device id and token give the same node and secret", async () => {
		const server = await startTestServer();
		const first = await registered(server);
		server.state.now += 1000;
		expect(await registered(server)).toEqual(first);
		expect((await server.registrations.find(first.node))?.renewedAt).toBe(server.state.now);
	});

	test("someone else's device id with another token is another registration, and the first is untouched", async () => {
		const server = await startTestServer();
		const victim = await registered(server);
		const attacker = await registered(server, { token: OTHER_TOKEN });
		expect(attacker.node).not.toBe(victim.node);
		expect(attacker.secret).not.toBe(victim.secret);
		expect((await server.registrations.find(victim.node))?.token).toBe(TOKEN);
	});

	test("someone else's token with another device id is another registration", async () => {
		const server = await startTestServer();
		const victim = await registered(server);
		const attacker = await registered(server, { node: "attacker" });
		expect(attacker.node).not.toBe(victim.node);
		expect(attacker.secret).not.toBe(victim.secret);
	});

	test("device id and token cannot be shifted into each other", async () => {
		const server = await startTestServer();
		const host = "https://push.example/";
		const one = await registered(server, { node: "a", token: `${host}${host}1` });
		const other = await registered(server, { node: `a${host}`, token: `${host}1` });
		expect(one.node).not.toBe(other.node);
	});

	test("a node of the JSON API, sent as the device id, gives nothing away", async () => {
		const server = await startTestServer();
		const victim = await server.registered();
		const attacker = await registered(server, { node: victim.node });
		expect(attacker.node).not.toBe(victim.node);
		expect(await server.rows()).toHaveLength(2);
	});

	test("another spelling of the same endpoint is the same token", async () => {
		const server = await startTestServer();
		const first = await registered(server);
		expect(await registered(server, { token: "https://PUSH.example:443/token-1" })).toEqual(first);
	});

	test.each([
		["the device id alone", { type: "webpush", node: DEVICE }],
		["an empty secret", { type: "webpush", node: DEVICE, secret: "" }],
	])("unregistering with %s says what is needed", async (_, given) => {
		const server = await startTestServer();
		await registered(server);
		expect(await text(server.form("unregister", given))).toMatch(/^ERROR\n.*secret.*token/);
		expect(await server.rows()).toHaveLength(1);
	});

	test("unregistering with a wrong secret, another's secret or another token ends nothing", async () => {
		const server = await startTestServer();
		const { node } = await registered(server);
		const other = await registered(server, { node: "other" });
		for (const given of [
			{ node, secret: "wrong" },
			{ node, secret: other.secret },
			{ node: DEVICE, secret: other.secret },
			{ node, token: OTHER_TOKEN },
			{ node: DEVICE, token: OTHER_TOKEN },
			{ node: other.node, token: OTHER_TOKEN },
			{ node: "nobody", token: TOKEN },
		]) {
			expect(await text(server.form("unregister", { type: "webpush", ...given }))).toBe(
				"ERROR\nNode not found!",
			);
		}
		expect(await server.rows()).toHaveLength(2);
	});

	test("a registration made over XMPP is not ended by its token over HTTP", async () => {
		const server = await startTestServer();
		const node = server.keyring.createNode();
		await server.registrations.register(
			{ owner: "juliet@example.net", app: "webpush", device: DEVICE, token: TOKEN },
			() => node,
		);
		for (const given of [node, DEVICE]) {
			expect(await text(server.form("unregister", { ...fields, node: given }))).toBe(
				"ERROR\nNode not found!",
			);
		}
		expect(await server.rows()).toHaveLength(1);
	});
});

describe("unregister", () => {
	test.each([
		["our node and the secret", (made: { node: string; secret: string }) => made],
		["our node and the token", ({ node }: { node: string }) => ({ node, token: TOKEN })],
		["the device id and the token", () => ({ node: DEVICE, token: TOKEN })],
	])("with %s answers OK, node, secret, and then it is unknown", async (_, given) => {
		const server = await startTestServer();
		const made = await registered(server);
		const request = { type: "webpush", ...given(made) };
		expect(await text(server.form("unregister", request))).toBe(`OK\n${made.node}\n${made.secret}`);
		expect(await server.rows()).toHaveLength(0);
		expect(await text(server.form("unregister", request))).toBe("ERROR\nNode not found!");
		expect((await registered(server)).node).not.toBe(made.node);
	});
});

describe("push", () => {
	test("counts as a publish without a summary", async () => {
		const server = await startTestServer();
		const { node, secret } = await registered(server);
		expect(await text(server.form("push", { node, secret }))).toBe(`OK\n${node}`);
		expect(server.pushed).toEqual([{ node, notification: { class: "low" } }]);
	});

	test("a wrong secret and an unknown node are answered alike, and push nothing", async () => {
		const server = await startTestServer();
		const { node, secret } = await registered(server);
		for (const given of [
			{ node, secret: "wrong" },
			{ node: DEVICE, secret },
			{ node: server.keyring.createNode(), secret },
		]) {
			expect(await text(server.form("push", given))).toBe("ERROR\nNode or secret not found!");
		}
		expect(server.pushed).toEqual([]);
	});

	test("to a registration that is gone is answered as to an unknown one", async () => {
		const server = await startTestServer();
		const { node, secret } = await registered(server);
		server.state.answer = { kind: "unknown", reason: "410" };
		expect(await text(server.form("push", { node, secret }))).toBe("ERROR\nNode or secret not found!");
	});

	test("that cannot be promised says why, but no address", async () => {
		const server = await startTestServer();
		const { node, secret } = await registered(server);
		server.state.answer = { kind: "wait", reason: "the disk is full" };
		expect(await text(server.form("push", { node, secret }))).toBe("ERROR\nNot now: the disk is full.");
		server.state.answer = { kind: "wait", reason: `cannot reach ${TOKEN}` };
		expect(await text(server.form("push", { node, secret }))).not.toContain("push.example");
	});

	test("with a node whose key is missing says so, and that it is for now; to unregister, that it has ended", async () => {
		const server = await startTestServer();
		const stranger = await createKeyring("a key that this server was not given, of any length");
		const node = stranger.createNode();
		const given = { type: "webpush", node, secret: await stranger.secretOf(node) };
		expect(await text(server.form("push", given), 503)).toMatch(/^ERROR\n.*SECRET_KEY_OLD/);
		// The module's status for what is well-formed: its clients read the first line.
		expect(await text(server.form("unregister", given))).toMatch(/^ERROR\n.*register again/);
	});
});

describe("with TRUST_DEVICE_ID, as mod_push_appserver does it", () => {
	test("another token replaces the first, with the same node and secret", async () => {
		const server = await startTestServer({ trustDeviceId: true });
		const first = await registered(server);
		expect(await registered(server, { token: OTHER_TOKEN })).toEqual(first);
		expect(await server.rows()).toHaveLength(1);
		expect((await server.registrations.find(first.node))?.token).toBe(OTHER_TOKEN);
	});

	test("the device id alone unregisters", async () => {
		const server = await startTestServer({ trustDeviceId: true });
		const { node, secret } = await registered(server);
		expect(await text(server.form("unregister", { type: "webpush", node: DEVICE }))).toBe(
			`OK\n${node}\n${secret}`,
		);
		expect(await text(server.form("unregister", { type: "webpush", node: DEVICE }))).toBe(
			"ERROR\nNode not found!",
		);
	});

	test("our node and the secret do too, but our node alone does not", async () => {
		const server = await startTestServer({ trustDeviceId: true });
		const { node, secret } = await registered(server);
		expect(await text(server.form("unregister", { type: "webpush", node }))).toBe("ERROR\nNode not found!");
		expect(await text(server.form("unregister", { type: "webpush", node, secret }))).toStartWith("OK\n");
	});

	test("a registration of the JSON API is still nobody else's", async () => {
		const server = await startTestServer({ trustDeviceId: true });
		const { node } = await server.registered();
		const [row] = await server.rows();
		for (const given of [node, String(row?.device)]) {
			expect(await text(server.form("unregister", { type: "webpush", node: given }))).toBe(
				"ERROR\nNode not found!",
			);
		}
		expect(await server.rows()).toHaveLength(1);
	});
});

describe("what is not a request of this API", () => {
	test.each([
		["register", { type: "webpush", node: DEVICE }, "token"],
		["register", { type: "webpush", token: TOKEN }, "node"],
		["register", { node: DEVICE, token: TOKEN }, "type"],
		["register", { type: "", node: DEVICE, token: TOKEN }, "type"],
		["unregister", { node: DEVICE, token: TOKEN }, "type"],
		["unregister", { type: "webpush", token: TOKEN }, "node"],
		["push", { node: DEVICE }, "secret"],
		["push", { secret: "s" }, "node"],
		["push", {}, "node, secret"],
	] as const)("%s with %o: 400, naming %s", async (name, given, missing) => {
		const server = await startTestServer();
		expect(await text(server.form(name, { ...given }), 400)).toBe(`ERROR\nMissing: ${missing}.`);
	});

	const post = (server: TestServer, body: BodyInit, headers: Record<string, string> = {}) =>
		server.app.request("/push_appserver/v1/register", { method: "POST", headers, body });

	test("a body of 4096 bytes is read, one byte more is 400", async () => {
		const server = await startTestServer();
		const start = `${new URLSearchParams(fields)}&pad=`;
		const body = start + "x".repeat(4096 - start.length);
		expect(await text(post(server, body))).toStartWith("OK\n");
		expect(await text(post(server, `${body}x`), 400)).toMatch(/^ERROR\n.*4096/);
	});

	test("the media type does not matter, as at the module", async () => {
		const server = await startTestServer();
		const body = new URLSearchParams(fields).toString();
		expect(await text(post(server, body, { "Content-Type": "text/plain" }))).toStartWith("OK\n");
		expect(
			await text(post(server, JSON.stringify(fields), { "Content-Type": "application/json" }), 400),
		).toStartWith("ERROR\n");
	});

	test("bytes that are not UTF-8, plain or percent-encoded, are 400", async () => {
		const server = await startTestServer();
		const bytes = new Uint8Array([...new TextEncoder().encode("type=webpush&token=t&node="), 0xff]);
		expect(await text(post(server, bytes), 400)).toContain("UTF-8");
		expect(await text(post(server, "type=webpush&token=t&node=%ff"), 400)).toContain("UTF-8");
	});

	test("of a field given twice the last counts, as at the module", async () => {
		const server = await startTestServer();
		const body = `${new URLSearchParams({ ...fields, token: "nonsense" })}&token=${encodeURIComponent(TOKEN)}`;
		expect(await text(post(server, body))).toStartWith("OK\n");
	});

	test.each(["register", "unregister", "push", "settings", `settings/${DEVICE}`])(
		"GET %s is 403",
		async (name) => {
			const server = await startTestServer();
			expect(await text(server.app.request(`/push_appserver/v1/${name}`), 403)).toStartWith("ERROR\n");
		},
	);
});

test("the health page says RUNNING", async () => {
	const server = await startTestServer();
	const response = await server.app.request("/push_appserver/v1/health");
	expect(response.status).toBe(200);
	expect(response.headers.get("Content-Type")).toStartWith("text/html");
	expect(await response.text()).toContain("RUNNING");
});

test("a database that fails is told in this API's words, and the log has no token", async () => {
	const server = await startTestServer();
	await server.client.execute("DROP TABLE registrations");
	const response = await server.form("register", fields);
	expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
	expect(await text(response, 503)).toStartWith("ERROR\nThe database does not answer.");
	expect(server.logged.join()).toContain("no such table");
	expect(server.logged.join()).not.toContain("token-1");
});

test("a client that writes too often is told so in this API's words", async () => {
	const server = await startTestServer();
	server.state.peer = "192.0.2.1";
	for (let i = 0; i < 60; i++) await server.form("push", { node: "n", secret: "s" });
	const response = await server.form("push", { node: "n", secret: "s" });
	expect(response.headers.get("Retry-After")).toBe("1");
	expect(await text(response, 429)).toStartWith("ERROR\nToo many requests");
});
