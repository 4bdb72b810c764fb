/** An app that others of its service have taken over from: those who have it keep it, and nobody is given it. */
import { expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import type { PublicApp } from "../../src/routes/deps.ts";
import { startTestServer, subscription } from "./routes-fixture.ts";

const { apps } = parseConfig({ APPS: [{ name: "first", service: "webpush" }] });

async function startWith(given: readonly PublicApp[]) {
	const server = await startTestServer({ apps: given });
	return { ...server, [Symbol.asyncDispose]: server.close };
}

test("a browser that names no app gets the listed one, without having to choose", async () => {
	await using server = await startWith(apps);
	expect((await server.registered()).app).toBe("first");
});

test("nobody is told of it, and naming it is no way in", async () => {
	await using server = await startWith(apps);
	const served = (await (await server.json("GET", "/services")).json()) as { apps: { name: string }[] };
	expect(served.apps.map(({ name }) => name)).toEqual(["first", "ubuntu"]);
	const refused = await server.json("POST", "/registrations", {
		app: "webpush",
		subscription: subscription(),
	});
	expect(refused.status).toBe(422);
	expect(await refused.text()).toContain("There is: first, ubuntu.");
});

test("a registration that it has is still looked up, renewed and ended", async () => {
	await using server = await startWith(apps);
	const row = await server.registrations.register(
		{ owner: "", app: "webpush", device: "api:d1", token: "https://push.example/token-1" },
		() => server.keyring.createNode(),
	);
	if (row.kind === "over-quota") throw new Error("over quota");
	const path = `/registrations/${row.registration.node}`;
	const secret = await server.keyring.deviceSecretOf(row.registration.node);
	expect((await server.json("GET", path, undefined, secret)).status).toBe(200);
	const renewed = await server.json("PUT", path, { subscription: subscription() }, secret);
	expect(renewed.status).toBe(200);
	expect(await renewed.json()).toMatchObject({ app: "webpush" });
	expect((await server.json("DELETE", path, undefined, secret)).status).toBe(204);
});
