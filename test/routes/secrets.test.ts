/** Two secrets of one registration: what the one that the user's server has opens, and what only the device's does. */
import { afterEach, describe, expect, test } from "bun:test";
import type { AppDeps } from "../../src/app.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createPubsubNodes } from "../../src/store/pubsub-nodes.ts";
import { formDeviceKey } from "../../src/store/registrations/device-key.ts";
import { importRegistrations } from "../../src/store/registrations/import.ts";
import type { NewRegistration } from "../../src/store/registrations/registrations.ts";
import { seen, startTestServer as start, subscription, type TestServer } from "./routes-fixture.ts";

const servers: TestServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.close();
});
async function startTestServer(...given: Parameters<typeof start>) {
	const server = await start(...given);
	servers.push(server);
	return server;
}

const OWNER = "juliet@example.org";
const DEVICE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const TOKEN = "https://push.example/token-1";
const routes = [
	["GET", "", undefined],
	["PUT", "", { subscription: subscription("https://push.example/attacker") }],
	["DELETE", "", undefined],
	["POST", "/test", undefined],
] as const;
/** Where the operator has whoever has the publish secret do as at other app servers. */
const trusting: Partial<AppDeps>[] = [{ publishers: "any" }, { trustDeviceId: true }];

/** What a user registered over XMPP. */
async function owned(server: TestServer, changes: Partial<NewRegistration> & { node?: string } = {}) {
	const { node = server.keyring.createNode(), ...others } = changes;
	const made = await server.registrations.registerInBatch(
		{ owner: OWNER, app: "webpush", device: "phone", token: TOKEN, dialect: "mod_push", ...others },
		node,
	);
	if (made.kind === "over-quota") throw new Error("over quota");
	const known = made.registration.node;
	const { keyring } = server;
	return {
		node: known,
		secret: await keyring.secretOf(keyring.usable(known)),
		deviceSecret: await keyring.deviceSecretOf(known),
	};
}

async function registeredByForm(server: TestServer) {
	const answer = await server.form("register", { type: "webpush", node: DEVICE, token: TOKEN });
	const [ok, node = "", secret = ""] = (await answer.text()).split("\n");
	if (ok !== "OK") throw new Error(ok);
	return { node, secret, deviceSecret: await server.keyring.deviceSecretOf(node) };
}

/** All kinds of registrations, and what made them. */
const kinds = [
	["of the JSON API", (server: TestServer) => server.registered()],
	["of the form API", registeredByForm],
	["that has an owner", (server: TestServer) => owned(server)],
] as const;

describe.each(kinds)("over the JSON API, a registration %s", (_, make) => {
	test.each(routes)("%s %s: the publish secret is answered as a wrong one", async (method, path, body) => {
		const server = await startTestServer();
		const { node, secret } = await make(server);
		const before = await server.rows();
		const answer = await seen(server.json(method, `/registrations/${node}${path}`, body, secret));
		expect(answer).toEqual(await seen(server.json(method, `/registrations/${node}${path}`, body, "wrong")));
		expect(answer.status).toBe(404);
		expect(server.pushed).toEqual([]);
		expect(await server.rows()).toEqual(before);
	});

	test("is read, renewed, renamed, tested and ended by its device secret", async () => {
		const server = await startTestServer();
		const { node, deviceSecret } = await make(server);
		const ask = (method: string, path = "", body?: object) =>
			server.json(method, `/registrations/${node}${path}`, body, deviceSecret);
		expect(await (await ask("GET")).json()).toMatchObject({ node, app: "webpush" });
		const moved = { subscription: subscription("https://other.example/2"), deviceName: "Hall" };
		expect(await (await ask("PUT", "", moved)).json()).toMatchObject({ node, deviceName: "Hall" });
		expect((await server.registrations.find(node))?.token).toBe("https://other.example/2");
		expect((await ask("POST", "/test")).status).toBe(200);
		expect(server.pushed.map((push) => push.node)).toEqual([node]);
		expect((await ask("DELETE")).status).toBe(204);
		expect(await server.rows()).toEqual([]);
	});

	test("keeps its device secret from whoever looks at it", async () => {
		const server = await startTestServer();
		const { node, secret, deviceSecret } = await make(server);
		const shown = await (await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).text();
		for (const hidden of [secret, deviceSecret]) expect(shown).not.toContain(hidden);
	});
});

test("a wrong secret costs no look at the database, whatever it is", async () => {
	const server = await startTestServer();
	const { node, secret } = await owned(server);
	await server.close();
	servers.length = 0;
	for (const [method, path, body] of routes) {
		for (const shown of [secret, "wrong"]) {
			const answer = await server.json(method, `/registrations/${node}${path}`, body, shown);
			expect(answer.status).toBe(404);
		}
	}
});

describe.each(trusting)("with %o", (deps) => {
	test.each(routes)("%s %s takes the publish secret of what has an owner", async (method, path, body) => {
		const server = await startTestServer(deps);
		const { node, secret } = await owned(server);
		const answer = await server.json(method, `/registrations/${node}${path}`, body, secret);
		expect(answer.status).toBe(method === "DELETE" ? 204 : 200);
		// What opens more than that is not told.
		if (method === "PUT") expect(await answer.json()).not.toHaveProperty("deviceSecret");
	});

	test.each(routes)("%s %s takes the device secret alone of what has none", async (method, path, body) => {
		const server = await startTestServer(deps);
		const { node, secret } = await server.registered();
		const answer = await seen(server.json(method, `/registrations/${node}${path}`, body, secret));
		expect(answer).toEqual(await seen(server.json(method, `/registrations/${node}${path}`, body, "wrong")));
		expect(answer.status).toBe(404);
	});

	test("the form API pushes to what has an owner, and ends it", async () => {
		const server = await startTestServer(deps);
		const { node, secret } = await owned(server);
		expect(await (await server.form("push", { node, secret })).text()).toBe(`OK\n${node}`);
		expect(server.pushed).toHaveLength(1);
		const ended = await server.form("unregister", { type: "webpush", node, secret });
		expect(await ended.text()).toBe(`OK\n${node}\n${secret}`);
	});
});

describe("the form API", () => {
	const NOT_FOUND = "ERROR\nNode not found!";
	const unregister = async (server: TestServer, fields: Record<string, string>) =>
		(await server.form("unregister", { type: "webpush", ...fields })).text();

	test("neither pushes to what has an owner nor ends it by the publish secret: as if that were wrong", async () => {
		const server = await startTestServer();
		const { node, secret } = await owned(server);
		for (const shown of [secret, "wrong"]) {
			expect(await (await server.form("push", { node, secret: shown })).text()).toBe(
				"ERROR\nNode or secret not found!",
			);
			expect(await unregister(server, { node, secret: shown })).toBe(NOT_FOUND);
		}
		expect(server.pushed).toEqual([]);
		expect(await server.rows()).toHaveLength(1);
	});

	test("ends by the publish secret what it registered itself, and nothing of the JSON API", async () => {
		const server = await startTestServer();
		const ofJson = await server.registered();
		expect(await unregister(server, ofJson)).toBe(NOT_FOUND);
		const { node, secret } = await registeredByForm(server);
		expect(await unregister(server, { node, secret })).toBe(`OK\n${node}\n${secret}`);
		expect(await server.rows()).toHaveLength(1);
	});

	test("pushes by the publish secret to what has no owner, and not by the device secret", async () => {
		const server = await startTestServer();
		const { node, secret, deviceSecret } = await server.registered();
		expect(await (await server.form("push", { node, secret })).text()).toBe(`OK\n${node}`);
		expect(await (await server.form("push", { node, secret: deviceSecret })).text()).toBe(
			"ERROR\nNode or secret not found!",
		);
		expect(server.pushed).toHaveLength(1);
	});

	test.each(kinds)("ends a registration %s by its device secret", async (_, make) => {
		const server = await startTestServer();
		const { node, deviceSecret } = await make(server);
		expect(await unregister(server, { node, secret: deviceSecret })).toBe(`OK\n${node}\n${deviceSecret}`);
		expect(await server.rows()).toEqual([]);
	});

	/** Its clients register by the command, and unregister over HTTP. */
	const byCommand = { dialect: "push-appserver", device: DEVICE } as const;

	test.each(["node", "device id"])("ends what was registered by its command: by %s and token", async (by) => {
		const server = await startTestServer();
		const { node, secret } = await owned(server, byCommand);
		const given = by === "node" ? node : DEVICE;
		for (const wrong of [{ node: given }, { node: given, token: `${TOKEN}2` }, { node: "x", token: TOKEN }]) {
			expect(await unregister(server, wrong)).toStartWith("ERROR\n");
		}
		expect(await server.rows()).toHaveLength(1);
		// As its push service reads it: another spelling of the same.
		const token = "https://PUSH.example:443/token-1";
		expect(await unregister(server, { node: given, token })).toBe(`OK\n${node}\n${secret}`);
		expect(await server.rows()).toEqual([]);
	});

	test("ends all accounts of a device id and token at once, and nobody else's", async () => {
		const server = await startTestServer();
		for (const owner of [OWNER, "romeo@example.org"]) await owned(server, { ...byCommand, owner });
		await owned(server, { ...byCommand, owner: "nurse@example.org", token: `${TOKEN}2` });
		await owned(server, { ...byCommand, owner: "tybalt@example.org", dialect: "mod_push" });
		await owned(server, { ...byCommand, owner: "mercutio@example.org", app: "another" });
		expect(await unregister(server, { node: DEVICE, token: TOKEN })).toStartWith("OK\n");
		expect((await server.rows()).map(({ owner }) => String(owner).split("@")[0])).toEqual([
			...["nurse", "tybalt", "mercutio"],
		]);
	});

	test("ends what was registered with the name of an app as its type", async () => {
		const apps = ["first", "second"].map((name) => ({ name, service: "webpush" as const }));
		const server = await startTestServer({ apps });
		for (const type of ["webpush", "second"]) {
			await owned(server, { ...byCommand, app: "second" });
			expect(await unregister(server, { type, node: DEVICE, token: TOKEN })).toStartWith("OK\n");
		}
		expect(await unregister(server, { type: "third", node: DEVICE, token: TOKEN })).toContain("It knows:");
	});

	test("ends nothing of what has an owner by its device id alone, whatever is trusted", async () => {
		const server = await startTestServer({ trustDeviceId: true });
		await owned(server, byCommand);
		expect(await unregister(server, { node: DEVICE })).toBe(NOT_FOUND);
		expect(await server.rows()).toHaveLength(1);
	});
});

const old = await createKeyring("an older key of at least thirty-two characters");

describe("a change of the key", () => {
	test("leaves the old device secret what it was; renewing hands out new secrets, each time the same", async () => {
		const server = await startTestServer();
		const { node } = await owned(server, { owner: "", device: "api:1", node: old.createNode() });
		const former = await old.deviceSecretOf(node);
		const path = `/registrations/${node}`;
		expect((await server.json("GET", path, undefined, former)).status).toBe(200);
		const renew = async (at: string, shown: string) =>
			(await server.json("PUT", at, { subscription: subscription() }, shown)).json();
		const renewed = await renew(path, former);
		expect(renewed.node).toBe(server.keyring.underCurrentKey(node));
		expect(await server.keyring.verify(renewed.node, renewed.secret)).toBe("ok");
		expect(await server.keyring.verifyDevice(renewed.node, renewed.deviceSecret)).toBe("ok");
		expect(await renew(path, former)).toMatchObject({ deviceSecret: renewed.deviceSecret });
	});

	test("is told to whoever has a device secret of the old key for a node that stays", async () => {
		const HOST = "pubsub.example.net";
		const server = await startTestServer({ pushAddress: HOST });
		const { keyring, registrations } = server;
		const nodes = createNodeSource(keyring, createPubsubNodes(server.db), [HOST]);
		const behindHost = await start({ registrations, nodes, pushAddress: HOST });
		servers.push(behindHost);
		const gone = await createKeyring("a key that this server was not given, of any length");
		for (const node of [old.createNode(), gone.createNode()]) {
			await owned(server, { owner: "", device: `api:${node}`, jid: HOST, node });
			const put = async (shown: string) =>
				behindHost.json("PUT", `/registrations/${node}`, { subscription: subscription() }, shown);
			const renewed = await (await put(await old.deviceSecretOf(node))).json();
			expect(renewed).toMatchObject({ node, jid: HOST });
			expect(renewed.deviceSecret).toBe(await keyring.deviceSecretOf(node));
			expect(await (await put(renewed.deviceSecret)).json()).not.toHaveProperty("deviceSecret");
		}
	});
});

test("where a pubsub service takes publishes in, the secret is for nothing and the device secret for changes", async () => {
	const HOST = "pubsub.example.net";
	const server = await startTestServer({ pushAddress: HOST });
	const pubsubNodes = createPubsubNodes(server.db);
	await pubsubNodes.add(HOST, server.keyring.createNode());
	await pubsubNodes.ready((await pubsubNodes.ofHost(HOST))[0]?.node ?? "");
	const nodes = createNodeSource(server.keyring, pubsubNodes, [HOST]);
	const behindHost = await start({ registrations: server.registrations, nodes, pushAddress: HOST });
	servers.push(behindHost);
	const answer = await behindHost.json("POST", "/registrations", { subscription: subscription() });
	const made = await answer.json();
	expect(made).toMatchObject({ jid: HOST, publishSecret: false });
	const path = `/registrations/${made.node}`;
	expect((await behindHost.json("GET", path, undefined, made.secret)).status).toBe(404);
	expect((await behindHost.json("GET", path, undefined, made.deviceSecret)).status).toBe(200);
});

test("what was imported is looked after with its device secret, and not with the secret it came with", async () => {
	const server = await startTestServer();
	const { keyring } = server;
	const imported = {
		node: DEVICE,
		owner: "",
		app: "webpush",
		token: TOKEN,
		renewedAt: 1,
		formerHash: await keyring.hashFormer(DEVICE, "the former secret"),
		device: await formDeviceKey(DEVICE, TOKEN),
	};
	await importRegistrations(server.db, [imported], 1);
	const look = (shown: string) => server.json("GET", `/registrations/${DEVICE}`, undefined, shown);
	for (const wrong of ["the former secret", imported.formerHash, await keyring.secretOf(DEVICE)]) {
		expect((await look(wrong)).status).toBe(404);
	}
	expect((await look(await keyring.deviceSecretOf(DEVICE))).status).toBe(200);
});
