import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { WRITES } from "../../src/routes/guards/rate-limit.ts";
import type { NewRegistration } from "../../src/store/registrations/registrations.ts";
import { seen, startTestServer, type TestServer } from "./routes-fixture.ts";

const ACCOUNT = "juliet@example.net";
const TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

let server: TestServer;
let nodes = 0;
beforeEach(async () => {
	server = await startTestServer();
});
afterEach(() => server.close());

/** Stores what the command `register-device` stores. */
async function registered(changes: Partial<NewRegistration> = {}): Promise<string> {
	const wanted: NewRegistration = {
		owner: ACCOUNT,
		app: "siskin",
		token: TOKEN,
		jid: "push.example.net",
		dialect: "tigase",
		device: `tigase:${++nodes}`,
		...changes,
	};
	const result = await server.registrations.register(wanted, () => server.keyring.createNode());
	if (result.kind !== "created") throw new Error(result.kind);
	return result.registration.node;
}

/** As Siskin writes it. */
const asked = (changes: Record<string, unknown> = {}) => ({
	account: ACCOUNT,
	provider: "tigase:messenger:apns:1",
	"device-token": TOKEN,
	...changes,
});
const post = (body: unknown, path = "/unregister-device/push.example.net") =>
	server.app.request(path, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});
const remaining = async () => (await server.rows()).map(({ node }) => node);

describe("what a Tigase client posts when its user removes the account", () => {
	test.each([
		"/unregister-device/push.example.net",
		"/rest/push/unregister-device/push.example.net",
		// The service is an account of its own: its bare JID.
		"/unregister-device/push@example.net",
		"/unregister-device/push%40example.net",
		// The name before a move.
		"/unregister-device/old-push.example.org",
	])("to %s ends the registration", async (path) => {
		await registered();
		const answer = await post(asked(), path);
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-type")).toStartWith("application/json");
		expect(await answer.json()).toEqual({ result: "success" });
		expect(await remaining()).toEqual([]);
	});

	test("may write the account and the token in capitals", async () => {
		await registered();
		await post(asked({ account: "Juliet@Example.NET", "device-token": TOKEN.toUpperCase() }));
		expect(await remaining()).toEqual([]);
	});

	test("may have fields that we do not know", async () => {
		await registered();
		expect((await post(asked({ "device-second-token": "00" }))).status).toBe(200);
		expect(await remaining()).toEqual([]);
	});

	test("ends what the device has at each app, and at none of the account's other devices", async () => {
		const other = await registered({ token: "ab".repeat(32) });
		await registered();
		await registered({ app: "siskin-beta" });
		await post(asked());
		expect(await remaining()).toEqual([other]);
	});
});

describe("nobody", () => {
	test.each([
		["without the token", {}, asked({ "device-token": "cd".repeat(32) })],
		["with another's token, for another account", {}, asked({ account: "romeo@example.net" })],
		["of the same name elsewhere", {}, asked({ account: "juliet@example.org" })],
		["who registered in a dialect with a secret", { dialect: "p2" as const }, asked()],
		["who registered in a dialect with device ids", { dialect: "push-appserver" as const }, asked()],
		["who registered over HTTP, without an owner", { owner: "" }, asked()],
	])("%s ends a registration, nor learns whether there is one", async (_who, changes, body) => {
		const node = await registered(changes);
		const refused = await seen(post(body));
		expect(await remaining()).toEqual([node]);
		await server.registrations.remove(node);
		expect(await seen(post(body))).toEqual(refused);
		expect(refused.body).toBe('{"result":"success"}');
	});
});

describe("what is not well-formed", () => {
	test.each([
		["no JSON", "account=juliet", 400, "JSON"],
		["no token", asked({ "device-token": undefined }), 422, "device-token"],
		["an empty token", asked({ "device-token": " " }), 422, "device-token"],
		["no provider", asked({ provider: undefined }), 422, "provider"],
		["a number for a token", asked({ "device-token": 7 }), 422, "device-token"],
		["an account that is no JID", asked({ account: "juliet" }), 422, "bare JID"],
		["an empty account, as what has no owner", asked({ account: "" }), 422, "account"],
		["more than 8 KiB", asked({ provider: "x".repeat(8192) }), 413, "8192"],
	])("%s, is refused in words, and ends nothing", async (_what, body, status, word) => {
		const nodes = [await registered(), await registered({ owner: "" })];
		const answer = await post(body);
		expect(answer.status).toBe(status);
		expect(answer.headers.get("content-type")).toBe("application/problem+json");
		// Clients look for it whatever the status.
		const problem = (await answer.json()) as { result?: unknown; detail: string };
		expect(problem.result).toBeUndefined();
		expect(problem.detail).toContain(word);
		expect(await remaining()).toEqual(nodes);
	});

	test("is a method that is not POST, too", async () => {
		const answer = await server.app.request("/unregister-device/push.example.net");
		expect(answer.status).toBe(405);
		expect(answer.headers.get("allow")).toContain("POST");
	});
});

test("tries are counted, on both paths together", async () => {
	server.state.peer = "192.0.2.1";
	const node = await registered();
	for (let i = 0; i < WRITES.burst; i++) {
		const path =
			i % 2 ? "/unregister-device/push.example.net" : "/rest/push/unregister-device/push.example.net";
		expect((await post(asked({ "device-token": `${i}` }), path)).status).toBe(200);
	}
	const answer = await post(asked());
	expect(answer.status).toBe(429);
	expect(answer.headers.get("retry-after")).toBe("1");
	expect(await remaining()).toEqual([node]);
});

test("a database that is away is 503, not success: the client tries again", async () => {
	const node = await registered();
	const whole = server;
	server = await startTestServer({
		registrations: {
			...whole.registrations,
			ofOwner: () => Promise.reject(Object.assign(new Error("away"), { name: "LibsqlError" })),
		},
	});
	const answer = await post(asked());
	expect(answer.status).toBe(503);
	expect(await answer.json()).not.toHaveProperty("result");
	expect(await whole.registrations.findAtPrimary(node)).toBeDefined();
	await whole.close();
});
