/** Registering by invite, over HTTP: in place of the registration token. */
import { beforeEach, expect, test } from "bun:test";
import { createInvites, type Invites } from "../../../src/store/invites.ts";
import { askingFor, startTestServer, subscription, type TestServer } from "../routes-fixture.ts";

const TOKEN = "a registration token of thirty-two characters";
const CODE = "0123456789AB";

let server: TestServer;
let invites: Invites;
beforeEach(async () => {
	server = await startTestServer({ registration: askingFor(TOKEN) });
	invites = createInvites(server.db);
	await invites.make(
		{ id: "one", uses: 1, endsAt: Date.now() + 60_000 },
		{ link: "A".repeat(22), code: CODE },
	);
});

const register = (more: object, token?: string) =>
	server.json("POST", "/registrations", { subscription: subscription(), ...more }, token);

test("it lets in once", async () => {
	const made = await register({ invite: "0123-4567-89AB" });
	expect(made.status).toBe(201);
	expect(await made.json()).toMatchObject({ node: expect.any(String), deviceSecret: expect.any(String) });
	expect((await server.rows())[0]).toMatchObject({ invite: "one", owner: "" });
	const again = await register({ invite: CODE });
	expect(again.status).toBe(403);
	expect(await again.json()).toMatchObject({
		why: "used-up",
		detail: expect.stringContaining("as often as it may"),
	});
});

test("one for an account or a domain is of no use here: nobody vouches for an address", async () => {
	await invites.make(
		{ id: "two", uses: 1, endsAt: Date.now() + 60_000, onlyFor: "example.org" },
		{ link: "B".repeat(22), code: "BBBBBBBBBBBB" },
	);
	const refused = await register({ invite: "BBBBBBBBBBBB" });
	expect(refused.status).toBe(403);
	expect(await refused.json()).toMatchObject({
		why: "for-others",
		detail: expect.stringContaining("over XMPP"),
	});
});

test("what cannot be registered uses nothing up", async () => {
	const bad = { endpoint: "http://127.0.0.1/", keys: subscription().keys };
	expect((await register({ subscription: bad, invite: CODE })).status).toBe(422);
	expect((await invites.list())[0]?.used).toBe(0);
});

test("who has the token uses none up, and a wrong token is not helped by one", async () => {
	expect((await register({ invite: CODE }, TOKEN)).status).toBe(201);
	expect((await register({ invite: CODE }, "wrong")).status).toBe(401);
	expect((await invites.list())[0]?.used).toBe(0);
});

test("five guesses of one network, and it is told to wait; another network is not", async () => {
	server.state.peer = "192.0.2.1";
	for (let at = 0; at < 5; at++) expect((await register({ invite: `ZZZZ-ZZZZ-ZZZ${at}` })).status).toBe(403);
	const refused = await register({ invite: CODE });
	expect(refused.status).toBe(429);
	expect(Number(refused.headers.get("Retry-After"))).toBeWithin(1, 13);
	expect(await refused.json()).toMatchObject({ detail: expect.stringContaining("try again in") });
	server.state.peer = "198.51.100.1";
	expect((await register({ invite: CODE })).status).toBe(201);
});

test("what is no invite at all asks for the token", async () => {
	for (const more of [{}, { invite: 5 }, { invite: null }]) expect((await register(more)).status).toBe(401);
});
