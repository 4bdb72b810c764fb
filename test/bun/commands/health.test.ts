import { expect, spyOn, test } from "bun:test";
import { healthCommand } from "../../../src/bun/commands/health.ts";

test("asks the one at the same address, whatever else is set: tables and files of keys are not its business", async () => {
	const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("alive") });
	const said = spyOn(console, "log").mockImplementation(() => undefined);
	try {
		await healthCommand({
			PORT: String(server.port),
			ROLE: "connector",
			APNS_KEY: "/nowhere/to/be/found.p8",
		});
		expect(said).toHaveBeenCalledWith("ok");
	} finally {
		said.mockRestore();
		await server.stop(true);
	}
});
