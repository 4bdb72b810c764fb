import { expect, test } from "bun:test";
import { askHealth } from "../../../src/bun/commands/health.ts";

test("asks the one at the same address, whatever else is set: tables and files of keys are not its business", async () => {
	const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("alive") });
	try {
		const asked = askHealth({
			PORT: String(server.port),
			ROLE: "connector",
			APNS_KEY: "/nowhere/to/be/found.p8",
		});
		expect(await asked).toBe(`http://127.0.0.1:${server.port}/health`);
	} finally {
		await server.stop(true);
	}
});

test("says that nobody listens, and names PORT", async () => {
	const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("alive") });
	const port = String(server.port);
	await server.stop(true);
	await expect(askHealth({ PORT: port })).rejects.toThrow(
		`http://127.0.0.1:${port}/health is not well: nobody listens there. Is Reveille running, and with this HOST and PORT? Set PORT to the port that it serves on.`,
	);
});

test("says with which status another program answers", async () => {
	const server = Bun.serve({
		port: 0,
		hostname: "127.0.0.1",
		fetch: () => new Response("who?", { status: 404 }),
	});
	try {
		await expect(askHealth({ PORT: String(server.port) })).rejects.toThrow(
			"is not well: it answered with status 404.",
		);
	} finally {
		await server.stop(true);
	}
});
