import { afterEach, describe, expect, test } from "bun:test";
import type { AppDeps } from "../../src/app.ts";
import { startTestServer, type TestServer } from "./routes-fixture.ts";

let server: TestServer | undefined;
afterEach(async () => {
	await server?.close();
	server = undefined;
});

async function ask(path: string, deps: Partial<AppDeps> = {}) {
	server = await startTestServer(deps);
	const response = await server.app.request(path);
	expect(response.headers.get("Cache-Control")).toBe("no-store");
	return { status: response.status, text: await response.text() };
}
const asJson = async (path: string, deps: Partial<AppDeps> = {}) => {
	const { status, text } = await ask(path, deps);
	return { status, body: JSON.parse(text) };
};

test("/health is alive whatever else is wrong", async () => {
	const readiness = () => Promise.reject(new Error("broken"));
	expect(await asJson("/health", { readiness })).toEqual({
		status: 200,
		body: { status: "alive", version: "0.0.0-test" },
	});
});

test("/ready is 200 when database and XMPP work", async () => {
	expect(await asJson("/ready")).toEqual({
		status: 200,
		body: { ready: true, database: "ok", xmpp: "ok" },
	});
});

test("/ready leaves XMPP out where another process speaks it", async () => {
	const readiness = async () => ({ database: true, xmpp: undefined }) as const;
	expect(await asJson("/ready", { readiness })).toEqual({
		status: 200,
		body: { ready: true, database: "ok" },
	});
});

test.each([
	["the database", { database: "it is read-only", xmpp: true }, { database: "it is read-only", xmpp: "ok" }],
	["XMPP", { database: true, xmpp: "wrong password" }, { database: "ok", xmpp: "wrong password" }],
] as const)("/ready is 503 and says what is wrong with %s", async (_, state, said) => {
	expect(await asJson("/ready", { readiness: async () => state })).toEqual({
		status: 503,
		body: { ready: false, ...said },
	});
});

describe("what only admins are told", () => {
	const adminToken = "the-operators-own-token-of-32-characters";
	const forAdmins = {
		notes: ["example.net does not offer push"],
		servers: [
			{
				address: "push@example.net/push",
				service: "wss://example.net:5281/xmpp-websocket",
				push: false,
				resumption: true,
				longestStanza: null,
			},
		],
	};
	const readiness = async () => ({ database: true, xmpp: true, forAdmins }) as const;
	const asked = async (deps: Partial<AppDeps> & { adminToken?: string }, headers: Record<string, string>) => {
		server = await startTestServer(deps);
		const answer = await server.app.request("/ready", { headers });
		expect(answer.status).toBe(200);
		return await answer.json();
	};
	const known = { ready: true, database: "ok", xmpp: "ok" };

	test("is told to whoever sends the ADMIN_TOKEN", async () => {
		const Authorization = `Bearer ${adminToken}`;
		expect(await asked({ adminToken, readiness }, { Authorization })).toEqual({ ...known, ...forAdmins });
	});

	test.each([
		["nobody", adminToken, {}],
		["a wrong token", adminToken, { Authorization: `Bearer ${adminToken}x` }],
		["any token where none is set", undefined, { Authorization: `Bearer ${adminToken}` }],
		["an empty token where none is set", undefined, { Authorization: "Bearer " }],
	])("is not told to %s, who hears the rest", async (_, token, headers) => {
		const deps = { readiness, ...(token !== undefined && { adminToken: token }) };
		expect(await asked(deps, headers as Record<string, string>)).toEqual(known);
	});
});

test("a readiness check that fails itself is not ready", async () => {
	const readiness = () => Promise.reject(new Error("broken"));
	expect(await asJson("/ready", { readiness })).toMatchObject({ status: 503, body: { ready: false } });
	expect(server?.logged.join()).toContain("broken");
});

test("the landing page says what this is and whether it is ready", async () => {
	const ready = await ask("/");
	expect(ready.status).toBe(200);
	expect(ready.text).toContain("<!DOCTYPE html>");
	expect(ready.text).toContain("It is ready");
	expect(ready.text).toContain('href="/docs"');
	await server?.close();
	const broken = await ask("/", {
		pushAddress: undefined,
		readiness: async () => ({ database: true, xmpp: "<wrong password>" }),
	});
	expect(broken.status).toBe(200);
	expect(broken.text).toContain("It is not ready");
	expect(broken.text).toContain("&lt;wrong password&gt;");
	expect(broken.text).toContain("nobody can register yet");
});
