/** Registrations that are refused over HTTP: the operator is told, and no network is kept. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { RefusedRegistration } from "../../src/registering/refused-registration.ts";
import { startTestServer, subscription, type TestServer } from "./routes-fixture.ts";

let noted: RefusedRegistration[];
let fixture: TestServer;
beforeEach(async () => {
	noted = [];
	fixture = await startTestServer({ note: (refused) => noted.push(refused) }, { address: 1 });
});
afterEach(() => fixture.close());

test("a full quota is told once, and what works is not", async () => {
	fixture.state.peer = "192.0.2.7";
	await fixture.registered();
	expect(noted).toEqual([]);
	expect((await fixture.json("POST", "/registrations", { subscription: subscription() })).status).toBe(429);
	expect(noted).toEqual([
		{
			kind: "not-accepted",
			reason: expect.stringContaining("MAX_REGISTRATIONS_PER_ADDRESS"),
			decider: "reveille",
			decidedBy: "Reveille",
			isStrangers: true,
			by: "network 192.0.2.0/24",
		},
	]);
});

test("whoever has many networks counts as one", async () => {
	for (let i = 0; i < 4; i++) {
		fixture.state.peer = `2001:db8:5:${i}::1`;
		await fixture.json("POST", "/registrations", { subscription: subscription(`https://push.example/${i}`) });
		await fixture.json("POST", "/registrations", {
			subscription: subscription(`https://push.example/o${i}`),
		});
	}
	expect(noted.length).toBeGreaterThan(1);
	expect(new Set(noted.map(({ by }) => by))).toEqual(new Set(["network 2001:db8:5::/48"]));
});

test("an invite that is none is told as the operator's word, by the form too; a mistake of the client is not", async () => {
	await fixture.close();
	fixture = await startTestServer({
		registration: { mode: "token", check: async () => false },
		note: (refused) => noted.push(refused),
	});
	await fixture.json("POST", "/registrations", { subscription: subscription(), invite: "0123456789AB" });
	await fixture.json("POST", "/registrations", { subscription: subscription() });
	await fixture.form("register", { type: "webpush", node: "x", token: "https://push.example/1" });
	await fixture.json("GET", "/registrations/none");
	expect(noted.map(({ reason }) => reason.slice(0, 24))).toEqual([
		"over HTTP: There is no s",
		"over HTTP: Registering h",
		"over HTTP: Registering h",
	]);
	expect(noted.every(({ decider }) => decider === "operator")).toBe(true);
});
